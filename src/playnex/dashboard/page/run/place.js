// Where the nodes of a run's graph lie. Pure: nodes and edges in, positions and paths out. Both directions are tried, and the one is taken
// that can be shown larger.
import { Graph, layout } from "../vendor/dagre.js";

export const NODE = { width: 178, height: 54 };
const CLEAR = 26;

// A flow that is written in Python has no graph beforehand: its steps follow each other as they did.
export function graphOf(graph, rows) {
  if (graph.nodes.length) return graph;
  const top = rows.filter((row) => !row.parent);
  const nodes = top.map((row) => ({ id: row.key, label: row.name, kind: row.kind, actor: row.actor, many: Boolean(row.items), parent: "" }));
  const edges = top.flatMap((row) => {
    const before = top.filter((other) => other !== row && other.ended !== null && row.began !== null && other.ended <= row.began);
    const latest = before.filter((other) => !before.some((third) => third.began >= other.ended));
    return latest.map((other) => ({ from: other.key, to: row.key, label: "", kind: "then" }));
  });
  return { nodes, edges };
}

export function place(graph, room) {
  const tall = laid(graph, "TB");
  const wide = laid(graph, "LR");
  return fitOf(tall, room) >= fitOf(wide, room) ? tall : wide;
}

export const fitOf = (placed, room, most = 1.15) => Math.min(most, room.width / (placed.width + 32), room.height / (placed.height + 28));

function laid({ nodes, edges }, direction) {
  const wide = direction === "LR";
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: wide ? 18 : 22, ranksep: wide ? 34 : 28, edgesep: 12, marginx: 8, marginy: 8 });
  const parents = new Set(nodes.map((node) => node.parent).filter(Boolean));
  for (const node of nodes) graph.setNode(node.id, parents.has(node.id) ? {} : { ...NODE });
  for (const node of nodes) if (node.parent) graph.setParent(node.id, node.parent);
  const kept = edges.filter((edge) => edge.from !== edge.to && graph.hasNode(edge.from) && graph.hasNode(edge.to));
  const drawn = kept.map((edge, index) => ({ ...edge, id: `${edge.from}→${edge.to}#${index}`, tail: inner(edge.from, nodes, kept, "last"), head: inner(edge.to, nodes, kept, "first") }));
  for (const edge of drawn) graph.setEdge(edge.tail, edge.head, {}, edge.id);
  layout(graph);
  const at = (id) => graph.node(id);
  const { width = 0, height = 0 } = graph.graph();
  return {
    direction, width, height,
    nodes: nodes.map((node) => ({ ...node, isGroup: parents.has(node.id), x: at(node.id).x - at(node.id).width / 2, y: at(node.id).y - at(node.id).height / 2, width: at(node.id).width, height: at(node.id).height })),
    edges: drawn.map((edge) => ({ ...edge, path: curve(graph.edge(edge.tail, edge.head, edge.id).points, at(edge.tail), at(edge.head), wide) })),
  };
}

// dagre joins no edge to a group: it goes to the group's first step, or comes from its last.
function inner(id, nodes, edges, end) {
  const inside = nodes.filter((node) => node.parent === id);
  if (!inside.length) return id;
  const far = end === "first" ? "to" : "from";
  const found = inside.find((node) => !edges.some((edge) => edge[far] === node.id && inside.some((other) => other.id === edge[far === "to" ? "from" : "to"])));
  return inner((found || inside[0]).id, nodes, edges, end);
}

// From the middle of one side to the middle of the other, through dagre's points, without a corner.
function curve(points, from, to, wide) {
  const start = wide ? { x: from.x + from.width / 2, y: from.y } : { x: from.x, y: from.y + from.height / 2 };
  const end = wide ? { x: to.x - to.width / 2, y: to.y } : { x: to.x, y: to.y - to.height / 2 };
  const stops = [start, ...points.slice(1, -1).filter((point) => isBetween(point, start, end, wide)), end];
  let path = `M${at(start)}`;
  for (let index = 1; index < stops.length; index++) path += bend(stops[index - 1], stops[index], wide);
  return path;
}

function bend(from, to, wide) {
  const half = wide ? (to.x - from.x) / 2 : (to.y - from.y) / 2;
  return wide ? `C${at({ x: from.x + half, y: from.y })} ${at({ x: to.x - half, y: to.y })} ${at(to)}` : `C${at({ x: from.x, y: from.y + half })} ${at({ x: to.x, y: to.y - half })} ${at(to)}`;
}

const at = (point) => `${point.x.toFixed(1)},${point.y.toFixed(1)}`;

// Points close to an end would make a corner of what can be a curve.
function isBetween(point, start, end, wide) {
  const [at, from, to] = wide ? [point.x, start.x, end.x] : [point.y, start.y, end.y];
  return at > from + CLEAR && at < to - CLEAR;
}
