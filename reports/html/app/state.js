// The fragment is the page's state: #w/NAMESPACE/KIND/NAME?q=…&sort=… A link
// from anywhere opens the page as it was.
export const fields = ["q", "ns", "kind", "lever", "risk", "min", "sort", "dir"];

export function read() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const params = new URLSearchParams(query);
  const state = { open: path.startsWith("w/") ? path : "", section: path && !path.startsWith("w/") ? path : "" };
  for (const name of fields) state[name] = params.get(name) ?? "";
  if (!/^-?\d+(\.\d+)?$/.test(state.min)) state.min = ""; // a browser complains of what is no number
  return state;
}

// named is what a link to a workload calls it.
export function named(link) {
  const parts = link.split("/").slice(1);
  try {
    return parts.map(decodeURIComponent).join("/");
  } catch {
    return parts.join("/"); // no browser wrote it
  }
}

// write puts the state into the address. A page in a sandbox may not.
export function write(state, push) {
  const params = new URLSearchParams();
  for (const name of fields) if (state[name]) params.set(name, state[name]);
  const query = params.toString();
  const hash = "#" + state.open + (query ? "?" + query : "");
  if (hash === (location.hash || "#")) return;
  try {
    history[push ? "pushState" : "replaceState"](null, "", hash);
  } catch {
    // the page works without
  }
}
