// A square a case, on one canvas: ten thousand are drawn in a few milliseconds. Arrows move from case to case, Enter opens the run.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { go } from "../router.js";
import { theme } from "../theme.js";
import { stateOf } from "../words.js";

export const STATES = { ".": "not begun", p: "pending", r: "running", w: "waiting", z: "paused", k: "parked", s: "succeeded", f: "failed", c: "cancelled" };
const TONES = { s: "--good-bar", f: "--bad-bar", w: "--wait-bar", k: "--wait-bar", z: "--wait-bar", r: "--busy-bar", p: "--quiet-bar", c: "--quiet-bar", ".": "--quiet-soft" };
const SIZES = [[150, 24], [400, 16], [2000, 12], [6000, 9], [Infinity, 7]];

const sizeFor = (cases) => SIZES.find(([most]) => cases <= most)[1];

export function Squares({ batch, squares }) {
  const canvas = useRef(null);
  const [width, setWidth] = useState(0);
  const [at, setAt] = useState(-1);
  const [named, setNamed] = useState(null);
  const size = sizeFor(squares.length);
  const across = Math.max(1, Math.floor(width / size));
  useLayoutEffect(() => {
    const look = () => canvas.current && setWidth(canvas.current.parentElement.clientWidth);
    look();
    const watch = new ResizeObserver(look);
    watch.observe(canvas.current.parentElement);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => void (width && draw(canvas.current, squares, { size, across, at })), [squares, width, at, theme.value]);
  useEffect(() => {
    setNamed(null);
    if (at < 0 || squares[at] === ".") return;
    const stop = new AbortController();
    const later = setTimeout(() => api.get(`/api/batches/${batch}?from=${at + 1}&to=${at + 1}`, { signal: stop.signal }).then((said) => setNamed(said.named[0] || null), () => {}), 90);
    return () => (clearTimeout(later), stop.abort());
  }, [at, batch]);
  const caseOf = (event) => {
    const box = canvas.current.getBoundingClientRect();
    const [column, row] = [Math.floor((event.clientX - box.left) / size), Math.floor((event.clientY - box.top) / size)];
    const found = row * across + column;
    return column < across && column >= 0 && found < squares.length ? found : -1;
  };
  const open = (index) => api.get(`/api/batches/${batch}?from=${index + 1}&to=${index + 1}`).then((said) => said.named[0] && go(`/runs/${said.named[0].run}`), () => {});
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, Home: -squares.length, End: squares.length }[event.key];
    if (event.key === "Enter" && at >= 0) return void open(at);
    if (!step) return;
    event.preventDefault();
    setAt(Math.min(squares.length - 1, Math.max(0, at + step)));
  };
  const says = at < 0 ? "" : `case ${at + 1}${named?.key && named.case === at + 1 ? ` (${named.key})` : ""}: ${STATES[squares[at]]}${named?.reason && named.case === at + 1 ? `, ${named.reason}` : ""}`;
  return html`<div class="squares"><canvas ref=${canvas} tabindex="0" role="img" aria-label=${`${squares.length} cases, a square each. Arrow keys move, Enter opens the run. ${says}`}
      onPointerMove=${(event) => setAt(caseOf(event))} onPointerLeave=${() => setAt(-1)} onClick=${(event) => caseOf(event) >= 0 && open(caseOf(event))} onKeyDown=${move}></canvas></div>
    <p class="squares-says" aria-live="polite">${says || html`<${Legend} squares=${squares} />`}</p>`;
}

function draw(canvas, squares, { size, across, at }) {
  const scale = devicePixelRatio || 1;
  const rows = Math.ceil(squares.length / across);
  const style = getComputedStyle(canvas);
  const colours = Object.fromEntries(Object.entries(TONES).map(([letter, name]) => [letter, colour(canvas, name, style)]));
  Object.assign(canvas, { width: across * size * scale, height: rows * size * scale });
  canvas.style.width = `${across * size}px`;
  canvas.style.height = `${rows * size}px`;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const gap = size > 8 ? 2 : 1;
  for (const letter of new Set(squares)) {
    pen.fillStyle = colours[letter];
    for (let index = squares.indexOf(letter); index >= 0; index = squares.indexOf(letter, index + 1)) pen.fillRect((index % across) * size, Math.floor(index / across) * size, size - gap, size - gap);
  }
  if (at < 0) return;
  pen.strokeStyle = style.color;
  pen.lineWidth = 2;
  pen.strokeRect((at % across) * size - 0.5, Math.floor(at / across) * size - 0.5, size - gap + 1, size - gap + 1);
}

// light-dark() means nothing to a canvas: the browser is asked what the colour is here.
function colour(canvas, name, style) {
  canvas.style.outlineColor = `var(${name})`;
  const found = style.outlineColor;
  canvas.style.outlineColor = "";
  return found;
}

function Legend({ squares }) {
  const there = Object.keys(STATES).filter((letter) => squares.includes(letter));
  return html`<span class="legend">${there.map((letter) => html`<span key=${letter}><i data-letter=${letter} aria-hidden="true"></i>${letter === "." ? "not begun" : stateOf(STATES[letter]).says}</span>`)}</span>`;
}
