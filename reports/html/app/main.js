import { startTheme } from "./theme.js";
import { index, loadRows, find } from "./data.js";
import { Table, warmFilter } from "./table.js";
import { Panel } from "./panel.js";
import { drawAll } from "./chart.js";
import { startLists } from "./list.js";
import { startControls } from "./controls.js";
import * as state from "./state.js";

let now = state.read();
const box = document.getElementById("rows");
const table = new Table(box, document.getElementById("count"));
const panel = new Panel(document.getElementById("panel"), () => go({ open: "" }));
let controls;

// go changes the state, and shows what changed.
function go(change, push = false) {
  const was = now;
  now = { ...now, section: "", ...change };
  state.write(now, push);
  show(was);
}

function show(was) {
  controls.show(now);
  const row = now.open && find(now.open);
  table.lost = now.open && !row ? `This report has no workload ${state.named(now.open)}. ` : "";
  if (!was || state.fields.some((name) => was[name] !== now[name])) table.show(now);
  if (was?.open === now.open) return;
  table.say();
  if (row) {
    panel.show(row, () => table.mark(now.open)); // both in one picture
  } else {
    table.mark("");
    panel.hide();
    if (was?.open) table.back(was.open);
  }
}

function sortBy(name) {
  const text = ["ns", "name", "c"].includes(name);
  if (now.sort !== name) return go({ sort: name, dir: text ? "up" : "down" });
  const turned = now.dir === "up" ? "down" : "up";
  go({ dir: turned });
}

function keys(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "Escape" && now.open) go({ open: "" });
  if (e.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) {
    e.preventDefault();
    controls.focus();
  }
}

// links to rows keep the filter; with a key held they are the browser's.
function links(e) {
  const link = e.target.closest?.('a[href^="#w/"]');
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
  e.preventDefault();
  go({ open: link.getAttribute("href").slice(1) }, true);
  if (!box.contains(link)) document.getElementById("workloads").scrollIntoView();
}

// foldsOpen prints what is folded, and what waits to be drawn.
function foldsOpen() {
  let opened = [];
  addEventListener("beforeprint", () => {
    drawAll();
    opened = [...document.querySelectorAll("main details:not([open])")];
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
  });
}

async function start() {
  foldsOpen();
  startTheme(document.getElementById("theme"));
  await loadRows();
  controls = startControls(document.getElementById("controls"), (change) => go(change));
  table.start(sortBy);
  startLists();
  show();
  table.measure();
  if (now.open) document.getElementById("workloads").scrollIntoView();
  const turn = () => {
    const was = now;
    now = state.read();
    if (now.section) now = { ...was, section: now.section, open: was.open };
    else if (now.q || now.risk || (now.open && now.open !== was.open)) document.getElementById("workloads").scrollIntoView();
    show(was);
  };
  addEventListener("hashchange", turn);
  addEventListener("popstate", turn);
  addEventListener("keydown", keys);
  addEventListener("click", links);
  document.documentElement.dataset.ready = "";
  performance.mark("ready");
  const idle = globalThis.requestIdleCallback ?? setTimeout;
  if (index.rows.length) {
    idle(() => {
      warmFilter(now);
      idle(() => panel.warm(index.rows[0]));
    });
  }
}

start();
