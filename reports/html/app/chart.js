// Pictures, as SVG at the width that there is. Colour is never the only sign:
// marks differ by their dashes and have their names.
import { h, s, seen } from "./dom.js";
import { index } from "./data.js";
import { linear, cores, bytes, ticks, day, hour } from "./scale.js";

const left = 46;
const right = 104;
const foot = 20;

// One observer for all pictures: it is told their widths, where asking for each
// would make the browser lay out the page each time. The first pictures are drawn at
// once, the others one by one after these are seen.
const drawnAtOnce = 2;
const widths = new Map();
const waiting = [];
const observer = new ResizeObserver((entries) => {
  const drawings = [];
  for (const e of entries) {
    if (e.target.isConnected) drawings.push(() => widths.get(e.target)?.(Math.floor(e.contentRect.width)));
    else {
      observer.unobserve(e.target);
      widths.delete(e.target);
    }
  }
  for (const draw of drawings.splice(0, drawnAtOnce)) draw();
  if (drawings.length && !waiting.length) seen(drawNext);
  waiting.push(...drawings);
});

function drawNext() {
  waiting.shift()?.();
  if (waiting.length) setTimeout(drawNext);
}

// drawAll draws what waits: paper shows all.
export function drawAll() {
  for (const draw of waiting.splice(0)) draw();
}

// figure draws again where the width changes.
export function figure(title, note, height, label, draw, ...more) {
  const svg = s("svg", { class: "chart", role: "img", "aria-label": label, height });
  const box = h("figure", {}, h("figcaption", {}, h("b", {}, title), " ", note), svg, ...more);
  let width = 0;
  widths.set(box, (now) => {
    if (now === width || now < 80) return;
    width = now;
    svg.replaceChildren(...draw(width, height).flat(Infinity).filter(Boolean));
  });
  observer.observe(box);
  return { box, svg };
}

// path is the line through what was read; a gap is a gap.
function path(values, x, y) {
  let out = "";
  let pen = "M";
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) {
      pen = "M";
      continue;
    }
    out += `${pen}${x(i).toFixed(1)} ${y(values[i]).toFixed(1)}`;
    pen = "L";
  }
  return out;
}

// area is the band between two series, one piece for each stretch without gaps.
function area(low, high, x, y) {
  let out = "";
  for (let i = 0; i < high.length; i++) {
    if (Number.isNaN(high[i])) continue;
    let end = i;
    while (end < high.length && !Number.isNaN(high[end])) end++;
    out += "M" + range(i, end).map((k) => `${x(k).toFixed(1)} ${y(high[k]).toFixed(1)}`).join("L");
    out += "L" + range(i, end).reverse().map((k) => `${x(k).toFixed(1)} ${y(low ? low[k] : 0).toFixed(1)}`).join("L") + "Z";
    i = end;
  }
  return out;
}

const range = (from, end) => Array.from({ length: end - from }, (_, i) => from + i);

// top is where the scale ends: what was used and the advice always fit, a
// request or limit that would flatten them stands at the edge.
function top(values, marks) {
  let used = 0;
  for (const v of values) if (v > used) used = v;
  const base = Math.max(used, ...marks.filter((m) => m.name === "advice").map((m) => m.value)) || 1;
  return Math.max(base, ...marks.map((m) => m.value).filter((v) => v <= 2.5 * base)) * 1.05;
}

function axis(most, y, width, say, binary) {
  return ticks(most, binary).map((v) => [
    s("line", { class: "grid", x1: left, x2: width - right, y1: y(v), y2: y(v) }),
    s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, say(v)),
  ]);
}

// drawMarks are request, limit and advice, named at the right edge, their names
// apart from each other.
function drawMarks(marks, most, y, width) {
  const names = marks.map((m) => ({ ...m, off: m.value > most, at: y(Math.min(m.value, most)) })).sort((a, b) => a.at - b.at);
  let last = -99;
  return names.map((m) => {
    const at = Math.max(m.at + 4, last + 13);
    last = at;
    return [
      !m.off && s("line", { class: m.name, x1: left, x2: width - right, y1: m.at, y2: m.at }),
      s("text", { class: m.name, x: width - right + 5, y: at }, `${m.words ?? m.name + " " + m.text}${m.off ? " \u2191" : ""}`),
    ];
  });
}

function timeAxis(x, height) {
  const perDay = 24 / index.slotHours;
  const days = index.slots / perDay;
  const each = Math.max(Math.ceil(days / Math.max((x(index.slots) - left) / 60, 1)), 1);
  const first = (86400 - (index.start % 86400)) % 86400;
  const out = [];
  for (let at = index.start + first; at < index.start + index.slots * index.slotHours * 3600; at += each * 86400) {
    out.push(s("text", { x: x((at - index.start) / 3600 / index.slotHours), y: height - 4 }, day(at)));
  }
  return out;
}

// dayBand is each day's median to its 95th percentile.
function dayBand(days, key, x, y) {
  const slot = (date) => (Date.parse(date) / 1000 - index.start) / 3600 / index.slotHours;
  const within = (v) => Math.min(Math.max(v, 0), index.slots);
  return days.map((d) => {
    const from = x(within(slot(d.date))).toFixed(1);
    const to = x(within(slot(d.date) + 24 / index.slotHours)).toFixed(1);
    const [p50, p95] = d[key].map((v) => y(v).toFixed(1));
    return from === to || !d[key][1] ? "" : `M${from} ${p95}H${to}V${p50}H${from}Z`;
  }).join("");
}

// usageChart is a resource of a pod over the window.
export function usageChart(name, usage, series, days) {
  const binary = name === "Memory";
  const say = binary ? bytes : cores;
  const mean = series(usage.mean);
  const peak = series(usage.peak);
  const most = top(peak, usage.marks);
  const words = usage.marks.map((m) => `${m.name} ${m.text}`).join(", ");
  const line = h("p", { class: "note" }, "Point at an hour to read it.");
  let x = (i) => i;
  const draw = (width, height) => {
    x = linear(0, index.slots, left, width - right);
    const y = linear(0, most, height - foot, 6);
    return [
      axis(most, y, width, say, binary),
      s("path", { class: "fill", d: area(null, mean, x, y) }),
      s("path", { class: "peak", d: area(mean, peak, x, y) }),
      s("path", { class: "day", d: dayBand(days, binary ? "memory" : "cpu", x, y) }),
      s("path", { class: "mean", d: path(mean, x, y) }),
      drawMarks(usage.marks, most, y, width),
      timeAxis(x, height),
    ];
  };
  const { box, svg } = figure(name, "of a pod: the line is the mean of the pods, the light band reaches to the largest; the dark one is from the median to the 95th percentile of each day", 170, `${name} over the window: ${words || "no marks"}`, draw, line);
  svg.addEventListener("pointermove", (e) => {
    const width = svg.clientWidth;
    const at = Math.floor(((e.offsetX - left) / (width - right - left)) * index.slots);
    if (at < 0 || at >= index.slots || Number.isNaN(mean[at])) return;
    line.textContent = `${hour(index.start + at * index.slotHours * 3600)}: mean about ${say(mean[at])}, largest pod about ${say(peak[at])}`;
  });
  return box;
}

// daysChart has a column a day: median, 95th percentile, most.
export function daysChart(name, days, at, marks) {
  const binary = name === "Memory";
  const key = binary ? "memory" : "cpu";
  const most = top(days.map((d) => d[key][2]), marks);
  const draw = (width, height) => {
    const y = linear(0, most, height - foot, 6);
    const wide = (width - right - left) / days.length;
    const bar = Math.max(wide * 0.6, 2);
    return [
      axis(most, y, width, binary ? bytes : cores, binary),
      days.map((d, i) => {
        const x = left + wide * i + (wide - bar) / 2;
        const [p50, p95, max] = d[key].map(y);
        return [
          s("rect", { class: "most", x, y: max, width: bar, height: Math.max(p95 - max, 0) }),
          s("rect", { class: "p95", x, y: p95, width: bar, height: Math.max(p50 - p95, 0) }),
          s("rect", { class: "p50", x, y: p50, width: bar, height: Math.max(y(0) - p50, 0) }),
          d.text[6] && binary && s("circle", { class: "kill", cx: x + bar / 2, cy: max - 5, r: 4 }, s("title", {}, d.text[6])),
        ];
      }),
      drawMarks(marks, most, y, width),
      days.map((d, i) => i % Math.ceil(days.length / Math.max((width - right - left) / 56, 1)) === 0 && s("text", { x: left + wide * i, y: height - 4 }, day(Date.parse(d.date) / 1000))),
    ];
  };
  return figure(name + " by day", "the column is the median, then the 95th percentile, then the peak" + (binary ? "; a dot is an OOM kill" : ""), 130,
    `${name} by day; the table has the values`, draw).box;
}

// curveChart is the risk of each size; the money of a size stands with its mark. What
// is far above the advice stands at the edge, as it would flatten the rest.
export function curveChart(name, points, marks) {
  const least = 0.0005;
  const binary = name === "memory";
  const say = binary ? bytes : cores;
  const advised = Math.max(0, ...marks.filter((m) => m.name.startsWith("advi")).map((m) => m.size));
  const all = [...points, ...marks].map((p) => p.size);
  const most = Math.max(...all.filter((v) => !advised || v <= 2.5 * advised)) * 1.08;
  const shown = points.filter((p) => p.size <= most);
  const up = (v, y) => y(Math.log10(Math.max(v, least)));
  const draw = (width, height) => {
    const x = linear(0, most, left, width - 16);
    const y = linear(Math.log10(least), 0, height - foot, 6);
    return [
      [[1, "100 %"], [0.1, "10 %"], [0.01, "1 %"], [0.001, "0.1 %"]].map(([v, text]) => [
        s("line", { class: "grid", x1: left, x2: width - 16, y1: up(v, y), y2: up(v, y) }),
        s("text", { x: left - 6, y: up(v, y) + 4, "text-anchor": "end" }, text),
      ]),
      ticks(most, binary).map((v) => s("text", { x: x(v), y: height - 4, "text-anchor": "middle" }, say(v))),
      s("path", { class: "mean", d: shown.map((p, i) => `${i ? "L" : "M"}${x(p.size).toFixed(1)} ${up(p.risk, y).toFixed(1)}`).join("") }),
      marks.map((m, i) => {
        const off = m.size > most;
        const at = x(Math.min(m.size, most));
        const turned = off || m.size > most * 0.6;
        const cls = m.name === "advised limit" ? "advice capped" : m.name;
        return [
          !off && s("line", { class: cls, x1: at, x2: at, y1: 6, y2: height - foot }),
          s("text", { class: cls, x: at + (turned ? -5 : 5), y: 16 + 14 * i, "text-anchor": turned ? "end" : "start" }, `${m.name} ${m.text}${off ? " \u2192" : ""}`),
        ];
      }),
    ];
  };
  const [note, label] = binary
    ? ["the chance that memory passes a size within a week, by replay: at a limit of that size, an OOM kill", "Risk of memory sizes; the table has the values"]
    : ["share of the time in which CPU is above a request of that size", "Time above CPU requests by their size; the table has the values"];
  return figure("Size, risk, money of " + name, note, 170, label, draw,
    h("ul", { class: "note" }, marks.map((m) => h("li", {}, `${m.name} ${m.text}: ${m.words}`)))).box;
}

// podsChart is the number of pods, and what bounds it.
export function podsChart(pods, advised, lines) {
  const most = Math.max(top(pods, []), advised ? top(advised, []) : 0, ...lines.map((m) => m.value)) * 1.02;
  const draw = (width, height) => {
    const x = linear(0, index.slots, left, width - right);
    const y = linear(0, most, height - foot, 6);
    return [
      axis(most, y, width, (v) => String(+v.toFixed(1)), false),
      s("path", { class: "fill", d: area(null, pods, x, y) }),
      s("path", { class: "mean", d: path(pods, x, y) }),
      advised && s("path", { class: "advice", d: path(advised, x, y) }),
      drawMarks(lines, most, y, width),
      timeAxis(x, height),
    ];
  };
  return figure("Pods", advised ? "the line over the filled area is as recorded, the other as advised, replayed on the same load" : "as recorded", 150, "Number of pods over the window", draw).box;
}
