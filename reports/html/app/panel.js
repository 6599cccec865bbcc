// The panel of a workload.
import { h, tableOf, seen } from "./dom.js";
import { load } from "./data.js";
import { usageChart, daysChart, curveChart, podsChart } from "./chart.js";

// filling is where the style lets the panel fill the window.
const filling = matchMedia("(max-width: 1179px)");

export class Panel {
  constructor(box, close) {
    this.box = box;
    this.close = close;
    this.turn = 0;
    filling.addEventListener("change", () => this.cover());
    box.addEventListener("keydown", (e) => {
      if (e.key === "Escape") close();
    });
  }

  hide() {
    this.turn++;
    this.box.hidden = true;
    this.box.replaceChildren();
    this.cover();
    this.box.parentElement.classList.remove("on");
  }

  // cover keeps keys and readers away from what lies behind a panel that fills the window.
  cover() {
    const on = filling.matches && !this.box.hidden;
    for (let at = this.box; at !== document.body; at = at.parentElement) {
      for (const beside of at.parentElement.children) {
        if (beside !== at && beside.tagName !== "SCRIPT" && beside.inert !== on) beside.inert = on;
      }
    }
  }

  // warm draws a panel that nobody sees and takes it away again, so that the first
  // one opens as fast as the others.
  async warm(row) {
    const { detail, series } = await load(row.w);
    const unseen = h("div", { class: "unseen", inert: "", "aria-hidden": "true" }, this.nodes(row, detail, series));
    this.box.after(unseen);
    requestAnimationFrame(() => requestAnimationFrame(() => {
      unseen.remove();
      performance.mark("warm");
    }));
  }

  // show opens a row's workload, and calls then as it stands. What was asked for
  // later wins.
  async show(row, then) {
    const turn = ++this.turn;
    const { detail, series } = await load(row.w);
    if (turn !== this.turn) return;
    const [title, ...nodes] = this.nodes(row, detail, series);
    this.box.replaceChildren(...nodes);
    this.box.hidden = false;
    this.cover();
    this.box.scrollTop = 0;
    then();
    title.focus({ preventScroll: true });
    seen(() => this.box.parentElement.classList.toggle("on", !this.box.hidden)); // the table makes room
  }

  // nodes are the title, and all that the panel holds.
  nodes(row, detail, series) {
    const title = h("h2", { tabindex: "-1" }, `${row.ns}/${row.name}`);
    return [title,
      h("header", {}, title, h("button", { type: "button", onclick: this.close }, "Close")),
      h("p", { class: "note" }, detail.title),
      ...detail.containers.flatMap((c) => container(c, series, detail.containers.length > 1)),
      ...scaling(detail, series),
      ...yaml("YAML for the pod template", detail.yaml),
      ...yaml("YAML for the number of pods", detail.scalerYAML),
      h("h3", {}, "Why"),
      h("pre", { tabindex: "0", "aria-label": "Why, as plimsoll explain prints it" }, detail.text)];
  }
}

const scroll = (label, table) => h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, table);

function container(c, series, several) {
  const out = [];
  if (several) out.push(h("h3", {}, "Container " + c.name));
  out.push(scroll("Figures of " + c.name, tableOf(["Resource", "request", "limit", "advice", "mean", "p50", "p95", "p99", "max"], c.figures)));
  if (!c.cpu && !c.memory) out.push(h("p", { class: "note" }, "This report holds no usage over time: make the page with plimsoll audit, or show a report that is kept."));
  if (c.cpu) out.push(usageChart("CPU", c.cpu, series, c.days ?? []));
  if (c.memory) out.push(usageChart("Memory", c.memory, series, c.days ?? []));
  if (c.days?.length) {
    out.push(daysChart("CPU", c.days, 0, c.cpu?.marks ?? []), daysChart("Memory", c.days, 1, c.memory?.marks ?? []));
    out.push(h("details", {}, h("summary", {}, "Values by day"),
      scroll("Values by day", tableOf(["Day", "CPU p50", "p95", "max", "Memory p50", "p95", "max", "kills"], c.days.map((d) => [d.date, ...d.text])))));
  }
  out.push(...curve("CPU", c.curve, c.sizes, ["CPU request", "time above it", "costs"]));
  out.push(...curve("memory", c.memoryCurve, c.memorySizes, ["Memory", "passed within a week", "as a request costs"]));
  if (c.without) out.push(h("h3", {}, "Size, risk, money"), c.without.map((text) => h("p", { class: "note" }, text)));
  if (c.peers?.length) {
    out.push(h("h3", {}, "What other rules would set"), scroll("What other rules would set", tableOf(["Rule", "CPU", "memory", "time above that CPU", "CPU costs"], c.peers)));
  }
  return out;
}

function curve(name, points, sizes, head) {
  if (!points?.length) return [];
  const title = "Values of the curve of " + name;
  return [curveChart(name, points, sizes ?? []),
    h("details", {}, h("summary", {}, title), scroll(title, tableOf(head, points.map((p) => p.text))))];
}

function scaling(detail, series) {
  if (!detail.scaling && !detail.pods) return [];
  const out = [h("h3", {}, "Number of pods")];
  const x = detail.scaling;
  if (x) out.push(h("p", {}, "Now: " + x.now + (x.advice ? ". Advice: " + x.advice : "") + "."));
  if (detail.pods) {
    const lines = [];
    if (x?.most) lines.push({ name: "limit", value: x.most, words: "max " + x.most }, { name: "request", value: x.least, words: "min " + x.least });
    out.push(podsChart(series(detail.pods), detail.advisedPods && series(detail.advisedPods), lines));
  }
  return out;
}

function yaml(title, text) {
  if (!text) return [];
  const pre = h("pre", { tabindex: "0", "aria-label": title }, text);
  const button = h("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      const range = document.createRange(); // no clipboard here: select, so that a key copies
      range.selectNodeContents(pre);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      button.textContent = "Selected";
    }
  });
  return [h("h3", {}, title, " ", button), pre];
}
