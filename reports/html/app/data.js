// What the page carries: deflated pieces, as base64, in elements that are no
// scripts. A piece is unpacked when it is asked for.
// The bytes are written to the stream here: a Blob would go to the browser's own
// process and back.
function inflate(id) {
  const text = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new DecompressionStream("deflate-raw");
  const out = new Response(stream.readable).arrayBuffer();
  const to = stream.writable.getWriter();
  for (const written of [to.write(bytes), to.close()]) written.catch(() => {}); // out fails as well, and says so
  return out;
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
    chunks.set(id, open("c" + id));
  }
  const chunk = await chunks.get(id);
  return { detail: chunk.details[workload % index.chunk], series: (packed) => unpack(chunk.tail, packed) };
}

async function open(id) {
  const buffer = await inflate(id);
  const length = new DataView(buffer).getUint32(0);
  return { details: JSON.parse(decoder.decode(new Uint8Array(buffer, 4, length))), tail: new Uint8Array(buffer, 4 + length) };
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
