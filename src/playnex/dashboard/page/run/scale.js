// The time axis of a run: where a moment lies, from 0 to 1, with the stretches in which nothing was done folded. Pure.

const FOLDED = 0.035; // width of a folded stretch
const LEAST = 4; // seconds below which nothing is folded

// spans: [{ from, to }] in seconds, of what was at work. Gives { at(moment), folds: [{ x, seconds }], ticks: [{ x, says }] }.
export function scaleOf(spans, end) {
  const busy = union(spans);
  if (!busy.length) return { at: () => 0, folds: [], ticks: [], total: 0 };
  const total = busy.reduce((sum, one) => sum + one.to - one.from, 0) || 0.001;
  const pieces = [];
  for (const [index, one] of busy.entries()) {
    const before = busy[index - 1];
    if (before) pieces.push(piece(before.to, one.from, total));
    pieces.push({ from: one.from, to: one.to, isFold: false });
  }
  const last = busy.at(-1).to;
  if (end > last + 0.001) pieces.push(piece(last, end, total));
  const folds = pieces.filter((one) => one.isFold).length;
  const open = pieces.filter((one) => !one.isFold).reduce((sum, one) => sum + one.to - one.from, 0) || 0.001;
  const room = 1 - folds * FOLDED;
  let x = 0;
  for (const one of pieces) {
    one.x = x;
    one.width = one.isFold ? FOLDED : (room * (one.to - one.from)) / open;
    x += one.width;
  }
  const at = (moment) => {
    const one = pieces.find((part) => moment <= part.to) || pieces.at(-1);
    const share = one.to > one.from ? (moment - one.from) / (one.to - one.from) : 0;
    return one.x + one.width * Math.min(1, Math.max(0, share));
  };
  return { at, folds: pieces.filter((one) => one.isFold).map((one) => ({ x: one.x, width: one.width, seconds: one.to - one.from })), ticks: ticks(pieces, open, busy[0].from), total: open };
}

const piece = (from, to, total) => ({ from, to, isFold: to - from > Math.max(LEAST, total * 0.25) });

function union(spans) {
  const sorted = spans.filter((one) => one.to >= one.from).sort((one, other) => one.from - other.from);
  const out = [];
  for (const one of sorted) {
    const last = out.at(-1);
    if (last && one.from <= last.to) last.to = Math.max(last.to, one.to);
    else out.push({ ...one });
  }
  return out;
}

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];

// Round numbers of working seconds since the start, some six of them.
function ticks(pieces, open, start) {
  const step = STEPS.find((one) => open / one <= 7) || 3600 * Math.ceil(open / 7 / 3600);
  const out = [];
  for (const one of pieces) {
    if (one.isFold) continue;
    for (let value = Math.ceil((one.from - start) / step) * step; start + value <= one.to; value += step) {
      out.push({ x: one.x + (one.width * (start + value - one.from)) / (one.to - one.from || 1), seconds: value });
    }
  }
  return out.filter((tick, index) => index === 0 || tick.x - out[index - 1].x > 0.05);
}
