// The table of containers: a real table of which only the rows in sight exist.
import { h, dollars } from "./dom.js";
import { index, load } from "./data.js";

const columns = ["ns", "name", "c", "cpu", "mem", "limit", "oom", "usd"];
const firstNumber = 3;
const spare = 6; // rows above and below those in sight
const mostPrinted = 200;

export class Table {
  constructor(box, status, onOpen) {
    this.box = box;
    this.status = status;
    this.onOpen = onOpen;
    this.view = [];
    this.open = "";
    this.shown = new Map();
    this.height = 37;
    this.body = box.querySelector("tbody");
    this.above = h("tr", { class: "space", "aria-hidden": "true" }, h("td", { colspan: columns.length }));
    this.below = this.above.cloneNode(true);
    box.classList.add("live");
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    for (const event of ["pointerover", "focusin", "pointerdown"]) this.body.addEventListener(event, (e) => this.near(e));
    this.lost = "";
    this.tall = mostHigh(box);
    new ResizeObserver(() => this.measure()).observe(box);
    this.body.addEventListener("keydown", (e) => this.key(e));
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  // start takes the place of the rows that Go wrote.
  start(onSort) {
    this.body.replaceChildren(this.above, this.below);
    this.heads = [...this.box.querySelectorAll("thead th")];
    this.heads.forEach((th, i) => {
      const button = h("button", { type: "button", onclick: () => onSort(columns[i]) }, th.textContent);
      th.classList.add("at" + i);
      th.replaceChildren(button);
    });
  }

  // show filters and sorts.
  show(state) {
    this.view = select(state);
    this.sort(state);
    this.open = state.open;
    this.box.scrollTop = 0; // while nothing has changed: the page need not be laid out for it
    this.shown.forEach((tr) => tr.remove());
    this.shown.clear();
    this.box.querySelector("table").setAttribute("aria-rowcount", this.view.length + 1);
    this.draw(0);
    this.say();
  }

  // say tells how many rows are left and what they are worth, after a link that leads nowhere.
  say() {
    const cents = this.view.reduce((sum, row) => sum + row.n[4], 0);
    const money = index.priced ? `, ${dollars(cents)} a month of room` : "";
    const text = `${this.lost}${this.view.length} of ${index.rows.length} containers${money}.`;
    if (this.status.textContent !== text) this.status.textContent = text; // what is set anew is read out anew
  }

  sort(state) {
    const at = columns.indexOf(state.sort);
    this.heads.forEach((th, i) => {
      if (i !== at) th.removeAttribute("aria-sort");
      else th.setAttribute("aria-sort", state.dir === "up" ? "ascending" : "descending");
    });
    if (at < 0) return;
    const sign = state.dir === "up" ? 1 : -1;
    const name = columns[at];
    const order = at < firstNumber ? (a, b) => (a[name] < b[name] ? -1 : a[name] > b[name] ? 1 : 0) : (a, b) => a.n[at - firstNumber] - b.n[at - firstNumber];
    this.view.sort((a, b) => sign * order(a, b));
  }

  // mark shows which row's panel is open.
  mark(open) {
    this.open = open;
    for (const [at, tr] of this.shown) tr.classList.toggle("open", this.view[at].link === open);
  }

  // print has the first rows in place of those in sight.
  print(on) {
    this.printing = on;
    if (on) {
      this.said = this.status.textContent;
      if (this.view.length > mostPrinted) this.status.textContent += ` Printed are the first ${mostPrinted}.`;
    } else this.status.textContent = this.said;
    this.draw();
  }

  // draw has the rows in sight at a place of the scroll. What goes is removed
  // before what comes is put in: a row that is moved would lose the focus.
  draw(top = this.box.scrollTop) {
    const first = this.printing ? 0 : Math.max(Math.floor(top / this.height) - spare, 0);
    const end = Math.min(this.printing ? mostPrinted : first + Math.ceil(this.tall / this.height) + 2 * spare, this.view.length);
    for (const [at, tr] of this.shown) {
      if (at < first || at >= end) {
        tr.remove();
        this.shown.delete(at);
      }
    }
    let next = this.below;
    for (let at = end - 1; at >= first; at--) {
      let tr = this.shown.get(at);
      if (!tr) {
        tr = this.row(at);
        this.shown.set(at, tr);
        this.body.insertBefore(tr, next);
      }
      next = tr;
    }
    this.above.firstChild.style.height = first * this.height + "px";
    this.below.firstChild.style.height = (this.view.length - end) * this.height + "px";
  }

  // near unpacks what stands behind a row that is pointed at or has the focus: its panel
  // may be next. Who only passes over rows unpacks nothing.
  near(e) {
    clearTimeout(this.soon);
    const row = this.view[e.target.closest?.("tr")?.querySelector("a")?.dataset.at];
    if (row) this.soon = setTimeout(() => load(row.w), e.type === "pointerdown" ? 0 : 40);
  }

  // measure looks how high the box may be and a row is. It alone does, when a size
  // changed: whoever asks the browser for one makes it lay out the page.
  measure() {
    if (this.printing) return;
    this.tall = mostHigh(this.box);
    const tr = this.shown.values().next().value;
    if (tr?.offsetHeight) this.height = tr.offsetHeight;
    this.draw();
  }

  row(at) {
    const row = this.view[at];
    return h("tr", { "aria-rowindex": at + 2, class: row.link === this.open ? "open" : undefined },
      h("td", { class: "at0", title: row.ns }, row.ns),
      h("td", { class: "at1", title: row.name }, h("a", { href: "#" + row.link, "data-at": at }, row.name),
        (row.risks ?? []).map((risk) => [" ", h("span", { class: "badge " + risk }, risk)]), " ", h("small", { class: "kind" }, row.kind),
        h("small", { class: "of" }, h("span", { class: "ns" }, row.ns, " \u00b7 "), row.c)),
      h("td", { class: "at2", title: row.c }, row.c),
      [row.cpu, row.mem, row.limit, row.oom, row.usd].map((text, i) => h("td", { class: "n at" + (i + firstNumber) }, text)));
  }

  key(e) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[e.key];
    const from = Number(e.target.dataset?.at ?? NaN);
    if (!step || Number.isNaN(from)) return;
    e.preventDefault();
    this.focus(Math.min(Math.max(from + step, 0), this.view.length - 1));
  }

  focus(at) {
    const top = at * this.height;
    const room = this.box.clientHeight - this.height * 2;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top > this.box.scrollTop + room) this.box.scrollTop = top - room;
    this.draw();
    this.shown.get(at)?.querySelector("a").focus({ preventScroll: true });
  }

  // back gives the focus to the row of a workload, or to the table.
  back(link) {
    const at = this.view.findIndex((row) => row.link === link);
    if (at < 0) this.box.focus();
    else this.focus(at);
  }
}

// mostHigh is how high the box may grow; with few rows it is lower.
const mostHigh = (box) => parseFloat(getComputedStyle(box).maxHeight) || box.clientHeight;

const select = (state) => index.rows.filter(filterOf(state));

// warmFilter filters for nobody, so that the first filter is as fast as the others.
export function warmFilter(state) {
  for (const q of ["a", "-a b", "ns:a", "kind:a", "lever:a", "risk:a"]) select({ ...state, q });
}

// filterOf makes the state's filter one function of a row.
function filterOf(state) {
  const tests = [];
  for (const word of state.q.toLowerCase().split(/\s+/).filter(Boolean)) {
    const not = word.length > 1 && word[0] === "-";
    const test = wordTest(not ? word.slice(1) : word);
    tests.push(not ? (row) => !test(row) : test);
  }
  if (state.ns) tests.push((row) => row.ns === state.ns);
  if (state.kind) tests.push((row) => row.kind === state.kind);
  if (state.lever) tests.push(within("levers", state.lever));
  if (state.risk) tests.push(within("risks", state.risk));
  const least = parseFloat(state.min);
  if (!Number.isNaN(least)) tests.push((row) => row.n[4] >= least * 100);
  return (row) => tests.every((test) => test(row));
}

const within = (list, word) => (row) => (word === "any" ? (row[list] ?? []).length > 0 : (row[list] ?? []).some((x) => x.startsWith(word)));

function wordTest(word) {
  const [name, value] = word.split(":", 2);
  if (value !== undefined) {
    if (name === "ns" || name === "kind") return (row) => row[name].toLowerCase().includes(value);
    if (name === "lever") return within("levers", value);
    if (name === "risk") return within("risks", value);
  }
  return (row) => row.text.includes(word);
}
