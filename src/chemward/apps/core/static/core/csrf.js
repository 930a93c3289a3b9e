// The token that shows a request comes from our own page.
export function csrfToken() {
  const kept = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  return kept ? decodeURIComponent(kept[1]) : (document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "");
}
