// A flow's steps as they stand in its file: what waits for what. The same drawing as a run's graph, with nothing under way.
import { html, useMemo, useRef } from "../vendor/playnex-vendor.js";
import { Icon } from "../parts/icon.js";
import { useRoom } from "../parts/media.js";
import { fitOf, place } from "../run/place.js";

const ICONS = { save: "capsule", switch: "compare", repeat: "retry" };

export function Drawn({ graph }) {
  const box = useRef(null);
  const room = useRoom(box);
  const shape = JSON.stringify(graph);
  const placed = useMemo(() => room?.width && place(JSON.parse(shape), room), [shape, room]);
  const scale = placed ? fitOf(placed, room, 1) : 1;
  const style = placed && { transform: `translate(${(room.width - placed.width * scale) / 2}px, ${(room.height - placed.height * scale) / 2}px) scale(${scale})` };
  return html`<div class="graph drawn" ref=${box} role="img" aria-label=${said(graph)}>${placed && html`<div class="graph-layer" style=${style} aria-hidden="true">
    <svg class="graph-edges" width=${placed.width} height=${placed.height}>${placed.edges.map((edge) => html`<path class="edge" key=${edge.id} d=${edge.path} data-state="still" data-kind=${edge.kind} />`)}</svg>
    ${placed.nodes.map((node) => node.isGroup ? html`<div class="drawn-group" key=${node.id} style=${placeOf(node)}><b class="cut">${node.label}</b></div>` : html`<${Step} key=${node.id} node=${node} />`)}</div>`}</div>`;
}

const placeOf = (node) => ({ left: `${node.x}px`, top: `${node.y}px`, width: `${node.width}px`, height: `${node.height}px` });

function Step({ node }) {
  return html`<div class="node" style=${placeOf(node)} data-tone="quiet" data-many=${node.many ? "yes" : null} title=${`${node.label}: ${node.does || node.kind}`}>
    <span class="node-top"><b class="cut">${node.label}</b><${Icon} name=${ICONS[node.kind] || node.kind} size=${13} /></span><span class="node-low"><span class="cut">${node.does || node.actor || node.kind}</span></span></div>`;
}

const said = (graph) => `Steps: ${graph.nodes.map((node) => {
  const before = graph.edges.filter((edge) => edge.to === node.id && edge.from !== node.id).map((edge) => edge.from);
  return before.length ? `${node.id} after ${before.join(" and ")}` : node.id;
}).join("; ")}`;
