// Tables that Go wrote: they are sorted here, and get the rows that are no plain HTML.
import { h } from "./dom.js";
import { index } from "./data.js";

export function startLists() {
  for (const table of document.querySelectorAll("table.list")) start(table, index.lists?.[table.id] ?? []);
}

function start(table, rest) {
  const heads = [...table.tHead.rows[0].cells].map((th) => ({ th, text: th.textContent, cls: th.className || undefined }));
  const body = table.tBodies[0];
  const rows = [...body.rows].map((tr) => ({ texts: [...tr.cells].map((td) => td.textContent), tr }));
  for (const cells of rest) rows.push({ texts: cells.map((c) => c.t), cells });
  let most = body.rows.length;
  let order = rows;

  const show = () => body.replaceChildren(...order.slice(0, most).map((row) => (row.tr ??= rowOf(row.cells, heads))));
  table.classList.add("live");
  heads.forEach((head, at) => {
    const sort = () => {
      const turned = head.th.ariaSort === (numeric(head) ? "descending" : "ascending");
      const down = numeric(head) !== turned;
      for (const other of heads) other.th.removeAttribute("aria-sort");
      head.th.setAttribute("aria-sort", down ? "descending" : "ascending");
      order = sorted(rows, at, numeric(head), down);
      show();
    };
    head.th.replaceChildren(h("button", { type: "button", onclick: sort }, head.text));
  });
  if (!rest.length) return;
  const said = table.parentElement.nextElementSibling;
  const all = h("button", { type: "button", onclick: () => {
    most = rows.length;
    said.remove();
    show();
  } }, `All ${rows.length}`);
  said.append(" ", all);
}

const numeric = (head) => head.cls === "n";
const number = (text) => parseFloat(text.replace(/[^\d.-]/g, ""));

// sorted has what is no number last, whichever way it is turned.
function sorted(rows, at, numbers, down) {
  const sign = down ? -1 : 1;
  const keys = new Map(rows.map((row) => [row, numbers ? number(row.texts[at]) : row.texts[at]]));
  return [...rows].sort((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    if (numbers && (Number.isNaN(x) || Number.isNaN(y))) return Number.isNaN(x) - Number.isNaN(y);
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

const rowOf = (cells, heads) => h("tr", {}, cells.map((c, i) => h("td", { class: heads[i].cls, "data-label": heads[i].text }, c.l ? h("a", { href: "#" + c.l }, c.t) : c.t)));
