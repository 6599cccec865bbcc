// The filters above the table.
import { h } from "./dom.js";
import { index } from "./data.js";

const label = (text, control) => h("label", {}, text, control);

function select(name, first, values) {
  return h("select", { name }, h("option", { value: "" }, first), values.map(([value, text]) => h("option", { value }, text)));
}

function counted(of) {
  const counts = new Map();
  for (const row of index.rows) for (const value of of(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([value, n]) => [value, `${value} (${n})`]);
}

// startControls makes the filters; change is called with what was set.
export function startControls(box, change) {
  const risks = counted((row) => row.risks ?? []);
  const controls = {
    q: h("input", { type: "search", name: "q", placeholder: "cart -canary ns:shop", autocomplete: "off", spellcheck: "false" }),
    ns: select("ns", "all namespaces", counted((row) => [row.ns])),
    kind: select("kind", "all kinds", counted((row) => [row.kind])),
    lever: select("lever", "all levers", counted((row) => row.levers ?? [])),
    risk: select("risk", "with and without", risks.length ? [["any", "any risk"], ...risks] : []),
    min: h("input", { type: "number", name: "min", step: "any", placeholder: "any" }),
  };
  const names = { q: "Filter (press /)", ns: "Namespace", kind: "Kind", lever: "Lever", risk: "Risk", min: "USD from" };
  for (const [name, control] of Object.entries(controls)) {
    control.addEventListener("input", () => change({ [name]: control.value }));
    box.append(label(names[name], control));
  }
  box.append(h("button", { type: "button", onclick: () => change(Object.fromEntries(Object.keys(controls).map((name) => [name, ""]))) }, "Clear"));
  box.hidden = false;
  return {
    show(state) {
      for (const [name, control] of Object.entries(controls)) if (control.value !== state[name]) control.value = state[name];
    },
    focus: () => controls.q.focus(),
  };
}
