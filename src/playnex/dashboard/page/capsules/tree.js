// The names of all capsules as folders that open; kept while one goes from capsule to capsule.
import { html, signal, useEffect, useMemo, useState } from "../vendor/playnex-vendor.js";
import { address, api } from "../api.js";
import { Empty } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Skeleton } from "../parts/skeleton.js";
import { toastError } from "../parts/toasts.js";
import { ago } from "../words.js";

const PAGE = 1000;
const MOST = 5000; // names that the tree holds; a search finds the rest

export const heads = signal(null);
const opened = signal(new Set());
const SOON = 160;

export async function loadHeads() {
  const found = [];
  let before = "";
  try {
    do {
      const said = await api.get(address("/api/capsules", { limit: PAGE, before }));
      found.push(...said.capsules);
      before = said.next;
    } while (before && found.length < MOST);
    heads.value = found;
  } catch (error) {
    heads.value ??= [];
    toastError(error);
  }
}

export function Finder({ at, only, onOnly, onNew }) {
  const [text, setText] = useState("");
  const [hits, setHits] = useState(null);
  const [gone, setGone] = useState(null);
  useEffect(() => void loadHeads(), []);
  useEffect(() => {
    if (!text.trim()) return setHits(null);
    const stop = new AbortController();
    const later = setTimeout(() => api.get(address("/api/capsules", { q: text, limit: 50 }), { signal: stop.signal }).then((said) => setHits(said.capsules), () => {}), SOON);
    return () => (clearTimeout(later), stop.abort());
  }, [text]);
  useEffect(() => void (only === "deleted" && api.get("/api/deleted-capsules").then((said) => setGone(said.capsules), toastError)), [only, heads.value]);
  return html`<header class="page-head"><h1>Capsules</h1>${heads.value && html`<span class="dim num">${heads.value.length}</span>`}<span class="spring"></span>
      <button class="button small" onClick=${onNew}><${Icon} name="plus" />New</button></header>
    <div class="finder-ask"><label class="search"><${Icon} name="search" size=${14} /><input id="capsules-search" class="input" type="search" placeholder="Search by words or meaning" aria-label="Search capsules" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
      <div class="choice" role="group" aria-label="Which">${[["", "All"], ["pinned", "Pinned"], ["deleted", "Deleted"]].map(([id, says]) => html`<button key=${id} aria-pressed=${only === id} onClick=${() => onOnly(id)}>${says}</button>`)}</div></div>
    ${text.trim() ? html`<${Hits} hits=${hits} text=${text} at=${at} />` : only === "deleted" ? html`<${Gone} gone=${gone} />` : html`<${Tree} at=${at} only=${only} />`}`;
}

function Hits({ hits, text, at }) {
  if (!hits) return html`<div class="finder-pad"><${Skeleton} /></div>`;
  if (!hits.length) return html`<p class="finder-none">No capsule says anything like “${text}”.</p>`;
  return html`<ul class="rows" role="list" aria-label="Found">${hits.map((hit) => html`<li key=${hit.id}><a class="row hit" href=${`/capsules/${hit.name}`} aria-current=${hit.id === at ? "true" : null}>
    <span class="row-text"><b class="cut">${hit.name}</b><small><${Marked} text=${hit.snippet} words=${text} /></small></span><small class="dim" title=${`found by ${hit.found_by}`}>${hit.found_by === "meaning" ? "≈" : ""}</small></a></li>`)}</ul>`;
}

// The words that were looked for stand out in the snippet.
export function Marked({ text, words }) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const pieces = [];
  let rest = text;
  while (rest) {
    const places = wanted.map((word) => [rest.toLowerCase().indexOf(word), word.length]).filter(([place]) => place >= 0).sort((one, other) => one[0] - other[0]);
    if (!places.length) break;
    const [place, length] = places[0];
    pieces.push(rest.slice(0, place), html`<mark>${rest.slice(place, place + length)}</mark>`);
    rest = rest.slice(place + length);
  }
  return html`${pieces}${rest}`;
}

function Gone({ gone }) {
  if (!gone) return html`<div class="finder-pad"><${Skeleton} /></div>`;
  if (!gone.length) return html`<p class="finder-none">Nothing was deleted in the last 30 days.</p>`;
  const back = (one) => api.post(`/api/capsules/${one.id}/restore`).then(loadHeads, toastError);
  return html`<ul class="rows" role="list" aria-label="Deleted">${gone.map((one) => html`<li class="row" key=${one.id}><span class="row-text"><b class="cut" title=${one.name}>${one.name}</b><small class="cut">by ${one.who}, ${ago(one.deleted)}</small></span>
    <button class="button small" onClick=${() => back(one)} aria-label=${`Restore ${one.name}`}>Restore</button></li>`)}</ul>`;
}

function Tree({ at, only }) {
  const shown = useMemo(() => heads.value && treeOf(heads.value.filter((head) => only !== "pinned" || head.pinned)), [heads.value, only]);
  useEffect(() => {
    const head = heads.value?.find((one) => one.id === at);
    if (head) opened.value = new Set([...opened.peek(), ...above(head.name)]);
  }, [at, heads.value]);
  if (!shown) return html`<div class="finder-pad"><${Skeleton} lines=${8} /></div>`;
  if (!shown.size) return only === "pinned"
    ? html`<p class="finder-none">None is marked as long-term memory.</p>`
    : html`<${Empty} icon="capsules" title="No capsules yet" text="A capsule holds a thought: a draft, a note, a result. Agents and you share them." command='playnex capsule create notes/first "…"' />`;
  return html`<nav class="tree" aria-label="Capsules by folder"><${Branch} entries=${shown} path="" depth=${0} at=${at} isAll=${only === "pinned" || heads.value.length < 16} /></nav>`;
}

const above = (name) => name.split("/").slice(0, -1).map((_, index, parts) => parts.slice(0, index + 1).join("/"));

// Map of part → { head, inside: Map }: a name can be a capsule and a folder.
function treeOf(all) {
  const root = new Map();
  for (const head of [...all].sort((one, other) => one.name.localeCompare(other.name))) {
    let here = root;
    const parts = head.name.split("/");
    for (const [index, part] of parts.entries()) {
      if (!here.has(part)) here.set(part, { head: null, inside: new Map() });
      if (index === parts.length - 1) here.get(part).head = head;
      here = here.get(part).inside;
    }
  }
  return root;
}

const countOf = (inside) => [...inside.values()].reduce((sum, one) => sum + (one.head ? 1 : 0) + countOf(one.inside), 0);

function Branch({ entries, path, depth, at, isAll }) {
  return html`<ul role="list">${[...entries].map(([part, { head, inside }]) => {
    const full = path ? `${path}/${part}` : part;
    const isOpen = isAll || opened.value.has(full);
    const turn = () => {
      const next = new Set(opened.value);
      next.delete(full) || next.add(full);
      opened.value = next;
    };
    const style = { paddingLeft: `${8 + depth * 14}px` };
    return html`<li key=${full}>
      ${inside.size > 0 && html`<button class="row leaf" style=${style} aria-expanded=${isOpen} onClick=${turn}><i class="turn" data-open=${isOpen ? "yes" : "no"}><${Icon} name="chevron" size=${12} /></i><span class="cut">${part}</span><small class="dim num">${countOf(inside)}</small></button>`}
      ${head && html`<a class="row leaf" style=${style} href=${`/capsules/${full}`} title=${full} aria-current=${head.id === at ? "page" : null}><i class="turn"></i><span class="cut">${part}</span>${head.pinned && html`<${Icon} name="pin" size=${12} />`}${head.labels.includes("private") && html`<${Icon} name="lock" size=${12} />`}</a>`}
      ${inside.size > 0 && isOpen && html`<${Branch} entries=${inside} path=${full} depth=${depth + 1} at=${at} isAll=${isAll} />`}</li>`;
  })}</ul>`;
}
