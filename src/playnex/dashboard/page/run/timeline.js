// The timeline under the graph: a bar for each step, its failed tries marked, idle stretches folded.
import { html } from "../vendor/playnex-vendor.js";
import { now } from "../now.js";
import { Sign } from "../parts/state.js";
import { fullMoment, seconds, stateOf } from "../words.js";
import { scaleOf } from "./scale.js";

const MOST = 400; // rows that are drawn

export function Timeline({ store, selected, onSelect }) {
  void store.paced.value; // whatever of a row changes, all bars move a little: so not at each change
  const keys = visible(store, selected);
  const rows = keys.map((key) => store.rows.get(key)?.peek()).filter(Boolean);
  const isLive = rows.some((row) => row.status === "running" || row.status === "retry" || row.status === "waiting");
  const moment = store.moment(isLive ? now.value : Date.now()) / 1000;
  const began = rows.filter((row) => row.began !== null);
  const works = began.filter((row) => row.status !== "waiting" && row.kind !== "approve" && row.kind !== "wait");
  const end = Math.max(0, ...began.map((row) => row.ended ?? moment));
  const scale = scaleOf((works.length ? works : began).map((row) => ({ from: row.began, to: row.ended ?? moment })), end);
  return html`<section class="timeline" aria-label="Timeline">
    <div class="timeline-axis" aria-hidden="true"><span>Timeline</span><div>${scale.ticks.filter((tick) => isClear(tick, scale.folds)).map((tick) => html`<i key=${tick.seconds} style=${{ left: `${tick.x * 100}%` }}>${tick.seconds === 0 ? "0" : seconds(tick.seconds)}</i>`)}
      ${scale.folds.map((fold) => html`<b key=${fold.x} style=${{ left: `${(fold.x + fold.width / 2) * 100}%` }}>${seconds(fold.seconds)}</b>`)}</div></div>
    <div class="timeline-rows" role="listbox" aria-label="Steps in time" tabindex="0" aria-activedescendant=${keys.includes(selected) ? `time-${selected}` : null} onKeyDown=${(event) => move(event, keys, selected, onSelect)}>
      <div class="timeline-folds" aria-hidden="true"><div>${scale.folds.map((fold) => html`<i key=${fold.x} style=${{ left: `${fold.x * 100}%`, width: `${fold.width * 100}%` }} title=${`nothing for ${seconds(fold.seconds)}`}></i>`)}</div></div>
      ${keys.map((key) => html`<${Line} key=${key} row=${store.rows.get(key).peek()} scale=${scale} moment=${moment} isSelected=${key === selected} onSelect=${onSelect} />`)}
    </div>
  </section>`;
}

// Whether a tick's figure leaves room for those of the folded stretches.
const isClear = (tick, folds) => folds.every((fold) => tick.x < fold.x - 0.14 || tick.x > fold.x + fold.width + 0.05);

// The steps of the flow; those within a step where it, or one of them, is selected.
function visible(store, selected) {
  const open = new Set();
  for (let key = selected; key; key = store.rows.get(key)?.peek().parent) open.add(key);
  return store.keys.value.filter((key) => {
    const parent = store.rows.get(key)?.peek().parent;
    return parent === "" || open.has(parent);
  }).sort(inOrder(store)).slice(0, MOST);
}

// A step's parts stand right below it.
function inOrder(store) {
  const places = new Map(store.keys.value.map((key, index) => [key, index]));
  const path = (key) => {
    const way = [];
    for (let at = key; at; at = store.rows.get(at)?.peek().parent) way.unshift(places.get(at) ?? 0);
    return way;
  };
  return (one, other) => {
    const [left, right] = [path(one), path(other)];
    for (let index = 0; index < Math.min(left.length, right.length); index++) if (left[index] !== right[index]) return left[index] - right[index];
    return left.length - right.length;
  };
}

function move(event, keys, selected, onSelect) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const next = keys[Math.min(keys.length - 1, Math.max(0, keys.indexOf(selected) + step))];
  onSelect(next);
  requestAnimationFrame(() => document.getElementById(`time-${next}`)?.scrollIntoView({ block: "nearest" }));
}

function Line({ row, scale, moment, isSelected, onSelect }) {
  const { tone, says } = stateOf(row.status);
  const depth = row.parent ? row.key.split("/").length - 1 : 0;
  const from = row.began === null ? null : scale.at(row.began);
  const to = row.began === null ? null : scale.at(row.ended ?? moment);
  const took = row.began === null ? "" : seconds(row.seconds ?? Math.max(0, moment - row.began));
  return html`<div class="time" role="option" id=${`time-${row.key}`} aria-selected=${isSelected} data-tone=${tone} data-state=${row.status} onClick=${() => onSelect(row.key)} title=${row.note || row.gist || says}>
    <span class="time-name" style=${{ paddingLeft: `${Math.min(depth, 4) * 14}px` }}><${Sign} state=${row.status} /><span class="cut">${row.name}</span></span>
    <span class="time-lane">${from !== null && html`<i class="time-bar" style=${{ left: `${from * 100}%`, width: `${Math.max(0.15, (to - from) * 100)}%` }}></i>
      ${row.attempts.map((tried) => html`<b class="time-try" key=${tried.number} style=${{ left: `${scale.at(tried.at) * 100}%` }} title=${`try ${tried.number}: ${tried.message} · ${fullMoment(tried.at)}`}></b>`)}
      <em class="time-took" style=${{ left: `${to * 100}%` }}>${took}</em>`}</span>
  </div>`;
}
