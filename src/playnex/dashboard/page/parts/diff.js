// Words that two texts do not share, by the shortest edit script (Myers' greedy search over words).
import { html, useMemo } from "../vendor/playnex-vendor.js";

const FAR = 1500; // edits after which the texts are shown as wholly different

export function wordDiff(one, other) {
  const left = one.match(/\s+|[^\s]+/g) || [];
  const right = other.match(/\s+|[^\s]+/g) || [];
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  const middle = edits(left.slice(start, left.length - end), right.slice(start, right.length - end));
  return joined([...left.slice(0, start).map((text) => ({ side: "both", text })), ...middle, ...left.slice(left.length - end).map((text) => ({ side: "both", text }))]);
}

// Furthest reaching paths by number of edits: trail[d] is the front before edit d, from which the way back is read.
function edits(left, right) {
  const [n, m] = [left.length, right.length];
  const front = new Map([[1, 0]]);
  const trail = [];
  for (let d = 0; d <= n + m; d++) {
    if (d > FAR) return [...left.map((text) => ({ side: "one", text })), ...right.map((text) => ({ side: "other", text }))];
    trail.push(new Map(front));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && front.get(k - 1) < front.get(k + 1)) ? front.get(k + 1) : front.get(k - 1) + 1;
      while (x < n && x - k < m && left[x] === right[x - k]) x++;
      front.set(k, x);
      if (x >= n && x - k >= m) return wayBack(trail, left, right);
    }
  }
  return [];
}

function wayBack(trail, left, right) {
  let [x, y] = [left.length, right.length];
  const found = [];
  for (let d = trail.length - 1; d >= 0; d--) {
    const front = trail[d];
    const k = x - y;
    const from = k === -d || (k !== d && front.get(k - 1) < front.get(k + 1)) ? k + 1 : k - 1;
    const [px, py] = [front.get(from), front.get(from) - from];
    while (x > px && y > py) found.push({ side: "both", text: left[(y--, --x)] });
    if (d > 0) found.push(x === px ? { side: "other", text: right[--y] } : { side: "one", text: left[--x] });
  }
  return found.reverse();
}

function joined(pieces) {
  const out = [];
  for (const piece of pieces) {
    if (out.at(-1)?.side === piece.side) out.at(-1).text += piece.text;
    else out.push({ ...piece });
  }
  return out;
}

export function Diff({ one, other, label = "Difference" }) {
  const pieces = useMemo(() => wordDiff(one || "", other || ""), [one, other]);
  return html`<div class="diff" role="group" aria-label=${label}>${pieces.map((piece) =>
    piece.side === "both" ? piece.text : piece.side === "one" ? html`<del>${piece.text}</del>` : html`<ins>${piece.text}</ins>`)}</div>`;
}

// One side of it: what only this text has is marked.
export function DiffSide({ one, other, side }) {
  const pieces = useMemo(() => wordDiff(one || "", other || ""), [one, other]);
  return html`<div class="diff" tabindex="0" role="group" aria-label=${side === "one" ? "A" : "B"}>${pieces.filter((piece) => piece.side === "both" || piece.side === side).map((piece) =>
    piece.side === "both" ? piece.text : side === "one" ? html`<del>${piece.text}</del>` : html`<ins>${piece.text}</ins>`)}</div>`;
}
