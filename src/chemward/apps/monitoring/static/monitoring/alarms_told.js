// What the page told the scripts: rights by place, limits of shelving, addresses, words.
export const told = JSON.parse(document.getElementById("alarm-told").textContent);

/** `word("acked", {what: "GT-3107"})` */
export function word(name, values = {}) {
  return (told.words[name] ?? name).replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
}

/** Whether the caller may do this at the place of an alarm. */
export const may = (act, alarm) => (told.may[`alarm.${act}`] ?? []).some((path) => alarm.org_path.startsWith(path));

/** For whom the caller looks at this alarm: from above the enterprise it is the park. As `rules/state.py`. */
export const partyOf = (alarm) => (told.views_from.some((path) => alarm.org_path.startsWith(path) && path.length < alarm.org_path.length) ? "park" : "enterprise");
