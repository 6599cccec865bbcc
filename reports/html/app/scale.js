// Scales and the words of their ticks. Numbers that a reader may rely on come
// from the document; these are of axes.
export const linear = (from, to, low, high) => (v) => low + ((v - from) / (to - from || 1)) * (high - low);

export function cores(milli) {
  if (milli < 1000) return trim(milli) + "m";
  return trim(milli / 1000);
}

export function bytes(v) {
  const units = ["B", "Ki", "Mi", "Gi", "Ti"];
  let unit = 0;
  while (v >= 1024 && unit < units.length - 1) {
    v /= 1024;
    unit++;
  }
  return trim(v) + units[unit];
}

const trim = (v) => String(+v.toPrecision(3));

// ticks are at most five steps from 0: by 1, 2, 5 of ten, or by powers of two.
export function ticks(most, binary) {
  let step;
  if (binary) step = 2 ** Math.ceil(Math.log2(most / 4));
  else {
    const power = 10 ** Math.floor(Math.log10(most / 4));
    step = power * [1, 2, 5, 10].find((n) => n * power >= most / 4);
  }
  const out = [];
  for (let v = 0; v <= most * 1.001; v += step) out.push(v);
  return out;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function day(seconds) {
  const at = new Date(seconds * 1000);
  return `${at.getUTCDate()} ${months[at.getUTCMonth()]}`;
}

export function hour(seconds) {
  return `${day(seconds)} ${String(new Date(seconds * 1000).getUTCHours()).padStart(2, "0")}:00 UTC`;
}
