// What the server told this page: first view, rights, addresses, words.
const element = document.getElementById("map-config");
export const config = element ? JSON.parse(element.textContent) : { words: {}, urls: {}, may: {} };

/** `say("more", {n: 3})`. */
export function say(name, values = {}) {
  return String(config.words[name] ?? name).replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
}
