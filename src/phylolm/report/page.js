"use strict";
for (const head of document.querySelectorAll("table.sortable thead th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => sort(head));
}
function sort(head) {
  const row = head.parentNode, body = head.closest("table").tBodies[0];
  const column = [...row.cells].indexOf(head);
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of row.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (tr) => tr.cells[column].dataset.value ?? tr.cells[column].textContent;
  const order = (a, b) => value(a).localeCompare(value(b), "en", { numeric: false });
  const number = (a, b) => value(a) - value(b);
  const rows = [...body.rows];
  rows.sort(head.classList.contains("n") ? number : order);
  if (down) rows.reverse();
  body.append(...rows);
}
const copy = document.getElementById("copy");
copy.hidden = false;
copy.addEventListener("click", async () => {
  const text = document.getElementById("newick-text");
  try {
    await navigator.clipboard.writeText(text.value);
  } catch {
    text.select();
    document.execCommand("copy");
  }
  copy.textContent = "Copied";
});
