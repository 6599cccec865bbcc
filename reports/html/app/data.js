// What the page carries: deflated pieces, as base64, in elements that are no
// scripts. A piece is unpacked when it is asked for.
async function inflate(id) {
  const text = atob(document.getElementById(id).textContent);
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
}

const decoder = new TextDecoder();
export const index = { rows: [] };
const chunks = new Map();
const mostChunks = 8;

export async function loadRows() {
  Object.assign(index, JSON.parse(decoder.decode(await inflate("index"))));
  for (const row of index.rows) row.text = `${row.ns}/${row.name} ${row.c} ${row.kind}`.toLowerCase();
}

// load gives what stands behind a workload, and a function that unpacks its
// series.
export async function load(workload) {
  const id = Math.floor(workload / index.chunk);
  if (!chunks.has(id)) {
    if (chunks.size >= mostChunks) chunks.delete(chunks.keys().next().value);
    const buffer = await inflate("c" + id);
    const length = new DataView(buffer).getUint32(0);
    chunks.set(id, { details: JSON.parse(decoder.decode(new Uint8Array(buffer, 4, length))), tail: new Uint8Array(buffer, 4 + length) });
  }
  const chunk = chunks.get(id);
  return { detail: chunk.details[workload % index.chunk], series: (packed) => unpack(chunk.tail, packed) };
}

// unpack undoes the differences and the levels: 0 is no reading, 1 is nothing,
// the others are on a scale of logarithms.
function unpack(tail, packed) {
  const out = new Float64Array(index.slots);
  const step = Math.log(packed.high / packed.low) / 253;
  for (let i = 0, level = 0; i < out.length; i++) {
    level = (level + tail[packed.at + i]) & 255;
    if (level === 0) out[i] = NaN;
    else if (level === 1) out[i] = 0;
    else out[i] = packed.high <= packed.low ? packed.low : packed.low * Math.exp(step * (level - 2));
  }
  return out;
}

// find is the place of a workload, by the fragment that links to it.
export const find = (link) => index.rows.find((row) => row.link === link);
