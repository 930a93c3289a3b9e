// `data-print`: the page on paper, or as a file; what stands in an open sheet is printed alone.
export function start() {
  document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
}
