// Elements. Texts are always text: nothing in this page parses markup.
const svgNames = "http://www.w3.org/2000/svg";

function fill(el, attrs, children) {
  for (const [name, value] of Object.entries(attrs)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else el.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) if (child !== undefined && child !== null && child !== false) el.append(child);
  return el;
}

export const h = (tag, attrs = {}, ...children) => fill(document.createElement(tag), attrs, children);
export const s = (tag, attrs = {}, ...children) => fill(document.createElementNS(svgNames, tag), attrs, children);

// tableOf is a table with a head; columns from the second on are numbers where
// numbers says so.
export function tableOf(head, rows, numbers = true) {
  const cls = (i) => (numbers && i > 0 ? "n" : undefined);
  return h("table", {},
    h("thead", {}, h("tr", {}, head.map((text, i) => h("th", { scope: "col", class: cls(i) }, text)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((text, i) => (i === 0 ? h("th", { scope: "row" }, text) : h("td", { class: cls(i) }, text)))))));
}

export function dollars(cents) {
  const whole = Math.round(Math.abs(cents) / 100);
  return (cents < 0 && whole > 0 ? "-$" : "$") + String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
}

// seen calls what can wait until people see what there is.
export const seen = (then) => requestAnimationFrame(() => setTimeout(then));
