// Words that scripts write, in the language of the page (made by the `script_words` tag).
const meta = document.querySelector('meta[name="cw-words"]');
export const words = meta ? JSON.parse(meta.content) : {};

/** `word("ago", {time: "2 s"})` → "2 s 前". */
export function word(name, values = {}) {
  return (words[name] ?? name).replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
}
