// The graph of a run: nodes that live, edges that move only where something is under way. It can be moved, and fits itself.
import { computed, html, signal, useComputed, useEffect, useLayoutEffect, useMemo, useRef } from "../vendor/playnex-vendor.js";
import { useKeys } from "../keys.js";
import { lasting, now } from "../now.js";
import { Icon } from "../parts/icon.js";
import { useRoom } from "../parts/media.js";
import { Sign } from "../parts/state.js";
import { seconds, short, stateOf } from "../words.js";
import { fitOf, graphOf, place } from "./place.js";

const ZOOM = { least: 0.15, most: 2.5 };

export function RunGraph({ store, selected, onSelect }) {
  const box = useRef(null);
  const room = useRoom(box);
  const view = useMemo(() => signal({ x: 0, y: 0, scale: 1, isFitted: true }), []);
  const shape = shapeOf(store);
  const placed = useMemo(() => room && room.width && place(JSON.parse(shape), room), [shape, room]);
  const fit = () => {
    if (!placed) return;
    const scale = fitOf(placed, room);
    view.value = { scale, x: (room.width - placed.width * scale) / 2, y: (room.height - placed.height * scale) / 2, isFitted: true };
  };
  useLayoutEffect(() => view.peek().isFitted && fit(), [placed]);
  const zoom = (by, x = room.width / 2, y = room.height / 2) => {
    const before = view.peek();
    const scale = Math.min(ZOOM.most, Math.max(ZOOM.least, before.scale * by));
    const ratio = scale / before.scale;
    view.value = { scale, x: x - (x - before.x) * ratio, y: y - (y - before.y) * ratio, isFitted: false };
  };
  const keys = useMemo(() => [
    { key: "+", says: "Zoom in", does: () => zoom(1.2) },
    { key: "=", says: "Zoom in", hidden: true, does: () => zoom(1.2) },
    { key: "-", says: "Zoom out", does: () => zoom(1 / 1.2) },
    { key: "0", says: "Fit the graph", does: fit },
  ], [placed]);
  useKeys(keys);
  useWheel(box, view, zoom);
  const transform = useComputed(() => `transform: translate(${view.value.x}px, ${view.value.y}px) scale(${view.value.scale})`);
  return html`<section class="graph" aria-label="Graph" ref=${box} onPointerDown=${(event) => drag(event, view)}>
    <div class="graph-layer" style=${transform}>${placed && html`<${Drawn} placed=${placed} store=${store} selected=${selected} onSelect=${onSelect} />`}</div>
    <div class="graph-tools" role="group" aria-label="Zoom">
      <button class="icon-button" aria-label="Zoom in" title="Zoom in (+)" onClick=${() => zoom(1.2)}><${Icon} name="plus" /></button>
      <button class="icon-button" aria-label="Zoom out" title="Zoom out (-)" onClick=${() => zoom(1 / 1.2)}><${Icon} name="minus" /></button>
      <button class="icon-button" aria-label="Fit the graph" title="Fit (0)" onClick=${fit}><${Icon} name="fit" /></button>
    </div>
  </section>`;
}

// As text, so that it is the same where nothing of it changed: the graph is laid out anew only where its shape did.
function shapeOf(store) {
  const graph = store.graph.value;
  if (graph.nodes.length) return JSON.stringify(graph);
  return JSON.stringify(graphOf(graph, store.keys.value.map((key) => store.row(key))));
}

function useWheel(box, view, zoom) {
  const latest = useRef(zoom);
  latest.current = zoom;
  useEffect(() => {
    const wheel = (event) => {
      event.preventDefault();
      const { left, top } = box.current.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) latest.current(Math.exp(-event.deltaY / 120), event.clientX - left, event.clientY - top);
      else view.value = { ...view.peek(), x: view.peek().x - event.deltaX, y: view.peek().y - event.deltaY, isFitted: false };
    };
    box.current.addEventListener("wheel", wheel, { passive: false });
    return () => box.current?.removeEventListener("wheel", wheel);
  }, []);
}

function drag(event, view) {
  if (event.button || event.target.closest("button")) return;
  const target = event.currentTarget;
  target.setPointerCapture(event.pointerId);
  const [from, before] = [{ x: event.clientX, y: event.clientY }, view.peek()];
  target.onpointermove = (moved) => (view.value = { ...before, x: before.x + moved.clientX - from.x, y: before.y + moved.clientY - from.y, isFitted: false });
  target.onpointerup = target.onpointercancel = () => (target.onpointermove = null);
}

// The dashes of what is under way move ten times a second. As an animation of the style sheet they would have the page drawn sixty times.
const FLOW = { every: 100, length: 10, lasts: 700 };
function useFlow(edges, moves) {
  useEffect(() => {
    if (!moves || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const flow = () => document.hidden || (edges.current.style.strokeDashoffset = -((performance.now() % FLOW.lasts) / FLOW.lasts) * FLOW.length);
    const clock = setInterval(flow, FLOW.every);
    return () => clearInterval(clock);
  }, [moves]);
}

function Drawn({ placed, store, selected, onSelect }) {
  const edges = useRef(null);
  useFlow(edges, useMemo(() => computed(() => placed.edges.some((edge) => isMoving(statusOf(store, edge.to)))), [placed]).value);
  const move = (event) => {
    const next = nearest(event, placed);
    if (next) (event.preventDefault(), event.stopPropagation(), document.getElementById(`node-${next.id}`)?.focus());
  };
  return html`<svg class="graph-edges" ref=${edges} width=${placed.width} height=${placed.height} aria-hidden="true">
      ${placed.edges.map((edge) => html`<${Edge} key=${edge.id} edge=${edge} store=${store} />`)}</svg>
    <div class="graph-nodes" onKeyDown=${move}>
    ${placed.nodes.map((node) => node.isGroup
      ? html`<${Group} key=${node.id} node=${node} store=${store} selected=${selected} onSelect=${onSelect} />`
      : html`<${Node} key=${node.id} node=${node} store=${store} selected=${selected} onSelect=${onSelect} />`)}</div>`;
}

// A step within a loop has a row each round: the node shows the last.
export function keyOf(store, node) {
  if (store.rows.has(node.id) && !node.parent) return node.id;
  const found = store.keys.value.filter((key) => key === node.id || (key.endsWith(`/${node.id}`) && (!node.parent || key.split("/").includes(node.parent))));
  return found.at(-1) || node.id;
}

const statusOf = (store, id) => store.row(keyOf(store, store.graph.value.nodes.find((node) => node.id === id) || { id }))?.status || "pending";

const isMoving = (status) => status === "running" || status === "retry";

function Edge({ edge, store }) {
  const [from, to] = [statusOf(store, edge.from), statusOf(store, edge.to)];
  const state = to === "pending" ? "ahead" : isMoving(to) ? "moving" : to === "skipped" || from === "skipped" ? "passed-by" : "done";
  return html`<path class="edge" d=${edge.path} data-state=${state} data-kind=${edge.kind} />`;
}

function Node({ node, store, selected, onSelect }) {
  const key = keyOf(store, node);
  const row = store.row(key) || { status: "pending", attempts: [] };
  const { tone, says } = stateOf(row.status);
  const box = { left: `${node.x}px`, top: `${node.y}px`, width: `${node.width}px`, height: `${node.height}px` };
  return html`<button id=${`node-${node.id}`} class="node" style=${box} data-tone=${tone} data-state=${row.status} data-many=${node.many ? "yes" : null} aria-pressed=${selected === key}
    aria-label=${`${node.label}, ${says}`} title=${node.label} onClick=${() => onSelect(key)}>
    <span class="node-top"><b class="cut">${node.label}</b><${Icon} name=${iconOf(node)} size=${13} /></span>
    <span class="node-low"><${Sign} state=${row.status} /><span class="cut">${row.status === "pending" ? row.actor || node.actor || says : lowLine(row, says)}</span><span class="node-number num">${figure(row, store)}</span></span>
    ${row.items && row.items.total > 0 && html`<span class="node-bar" aria-hidden="true"><i style=${{ width: `${(100 * (row.items.done + row.items.failed)) / row.items.total}%` }}></i></span>`}
    ${row.attempts?.length > 0 && html`<span class="node-tries" title=${`${row.attempts.length} failed ${row.attempts.length === 1 ? "try" : "tries"}`}>↻${row.attempts.length}</span>`}
  </button>`;
}

function lowLine(row, says) {
  if (row.items?.total) return `${row.items.done}/${row.items.total}${row.items.failed ? ` · ${row.items.failed} failed` : ""}`;
  return says;
}

function figure(row, store) {
  if (row.status === "running" || row.status === "retry") return seconds(lasting(row.began, null, store.moment(now.value)));
  if (row.tokens) return `${short(row.tokens)} tok`;
  return row.seconds === null || row.seconds === undefined ? "" : seconds(row.seconds);
}

function Group({ node, store, selected, onSelect }) {
  const row = store.row(node.id);
  const rounds = store.keys.value.filter((key) => key.startsWith(`${node.id}/round-`) && key.split("/").length === node.id.split("/").length + 1).length;
  const box = { left: `${node.x}px`, top: `${node.y}px`, width: `${node.width}px`, height: `${node.height}px` };
  return html`<div class="group" style=${box} data-tone=${stateOf(row?.status).tone}>
    <button class="group-name" aria-pressed=${selected === node.id} onClick=${() => onSelect(node.id)}>↻ ${node.label}${rounds ? ` · round ${rounds}` : ""}</button></div>`;
}

// "step" is what most steps are called by the store; the file's own word says more.
const ICON_OF = { agent: "agent", tool: "tool", python: "python", approve: "approve", wait: "wait", flow: "flow", pattern: "pattern", save: "capsule", switch: "fork" };
export const iconOf = (node) => ICON_OF[node.kind] || "step";

// The node that lies nearest in the direction of an arrow key.
function nearest(event, placed) {
  const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  const from = way && placed.nodes.find((node) => `node-${node.id}` === event.target.id);
  if (!from) return null;
  const scored = placed.nodes.filter((node) => node !== from && !node.isGroup).map((node) => {
    const [dx, dy] = [node.x - from.x, node.y - from.y];
    return { node, along: dx * way[0] + dy * way[1], aside: Math.abs(dx * way[1]) + Math.abs(dy * way[0]) };
  });
  return scored.filter((one) => one.along > 8).sort((one, other) => one.along + 2 * one.aside - other.along - 2 * other.aside)[0]?.node;
}

