// Runs: all of them, newest first, live. What is looked for stands in the address.
import { html, signal, useEffect, useMemo, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Empty, Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Skeleton } from "../parts/skeleton.js";
import { Table } from "../parts/table.js";
import { ask, go } from "../router.js";
import { useMedia } from "../parts/media.js";
import { RunList } from "../runs/list.js";
import { columns } from "../runs/columns.js";
import { Chosen } from "../runs/chosen.js";
import { usePage } from "../shell/page.js";
import { useStream } from "../stream.js";
import { count } from "../words.js";

const STATES = [
  ["", "All"],
  ["running", "Running"],
  ["waiting", "Waiting"],
  ["failed", "Failed"],
  ["succeeded", "Succeeded"],
];
const MORE = ["pending", "paused", "parked", "cancelled"];

export default function Runs({ query }) {
  const list = useMemo(() => new RunList(), []);
  const [cursor, setCursor] = useState(-1);
  const chosen = useMemo(() => signal(new Set()), []);
  const narrow = useMedia("(max-width: 720px)");
  const looked = `${query.state || ""} ${query.flow || ""} ${query.q || ""}`;
  useEffect(() => {
    setCursor(-1);
    chosen.value = new Set();
    list.look({ state: query.state || "", flow: query.flow || "", q: query.q || "" });
  }, [looked]);
  useStream((line) => line.runs && list.hear(line.runs));
  const toggle = (id) => {
    const next = new Set(chosen.value);
    next.delete(id) || next.add(id);
    chosen.value = next;
  };
  const shown = useMemo(() => columns({ chosen, toggle }), []);
  const keys = useMemo(() => {
    const rows = () => list.rows.peek();
    const move = (step) => setCursor((at) => Math.min(rows().length - 1, Math.max(0, at + step)));
    const withCursor = (does) => setCursor((at) => (rows()[at] && does(rows()[at].peek().run), at));
    return [
      { key: "j", says: "Next run", moves: true, does: () => move(1) },
      { key: "k", says: "Run before", moves: true, does: () => move(-1) },
      { key: "ArrowDown", says: "Next run", hidden: true, when: inTable, does: () => move(1) },
      { key: "ArrowUp", says: "Run before", hidden: true, when: inTable, does: () => move(-1) },
      { key: "Enter", says: "Open the run", moves: true, when: (event) => !event.target.closest("a, button, input"), does: () => withCursor((run) => go(`/runs/${run}`)) },
      { key: "x", says: "Choose the run", moves: true, does: () => withCursor(toggle) },
      { key: "/", says: "Search", does: () => document.getElementById("runs-search").focus() },
    ];
  }, []);
  usePage({ title: "Runs", command: commandOf(query), keys });
  return html`<div class="runs">
    <header class="page-head">
      <h1>Runs</h1><span class="dim num runs-total">${list.total.value === null ? "" : count(list.total.value)}</span>
      <span class="spring"></span>
      <${Filters} query=${query} />
    </header>
    <div class="runs-table">${body({ list, query, shown, narrow, cursor, setCursor, chosen })}</div>
    <${Chosen} chosen=${chosen} list=${list} />
  </div>`;
}

const inTable = (event) => !event.target.closest("[role=separator], [role=tablist], dialog");

function body({ list, query, shown, narrow, cursor, setCursor, chosen }) {
  if (list.error.value) return html`<${Failed} error=${list.error.value} onRetry=${() => list.again()} />`;
  if (list.total.value === null) return html`<div class="page"><${Skeleton} lines=${9} /></div>`;
  if (!list.rows.value.length) return nothing(query);
  return html`<${Table} label="Runs" columns=${shown} rows=${list.rows.value} total=${list.total.value} rowHeight=${narrow ? 56 : 40} keyOf=${(row) => row.peek().run}
    onNear=${() => list.more()} onOpen=${(row) => go(`/runs/${row.peek().run}`)} isMarked=${(row) => chosen.value.has(row.peek().run)} cursor=${cursor} onCursor=${setCursor} />`;
}

function nothing(query) {
  if (query.state || query.flow || query.q) {
    return html`<${Empty} icon="search" title="No run is like that" text="Look for fewer words, or in every state.">
      <button class="button" onClick=${() => go("/runs")}>Show all runs</button><//>`;
  }
  return html`<${Empty} icon="runs" title="Nothing has run here yet" text="Start a flow from its page, or from a terminal. Its run appears here at once." command="playnex flow run FLOW"><a class="button" href="/flows">Choose a flow</a><//>`;
}

function Filters({ query }) {
  const [flows, setFlows] = useState([]);
  const [text, setText] = useState(query.q || "");
  useEffect(() => {
    api.get("/api/flows").then((said) => setFlows((said.flows || []).map((flow) => flow.name)), () => {});
  }, []);
  useEffect(() => setText(query.q || ""), [query.q]);
  useEffect(() => {
    const later = setTimeout(() => text !== (query.q || "") && ask({ q: text }), 200);
    return () => clearTimeout(later);
  }, [text]);
  const names = query.flow && !flows.includes(query.flow) ? [query.flow, ...flows] : flows;
  const extra = MORE.includes(query.state) ? [[query.state, query.state[0].toUpperCase() + query.state.slice(1)]] : [];
  return html`<div class="runs-filters">
    <div class="choice" role="group" aria-label="State">${[...STATES, ...extra].map(([state, says]) => html`<button key=${state} aria-pressed=${(query.state || "") === state} onClick=${() => ask({ state })}>${says}</button>`)}</div>
    <select class="select" aria-label="Flow" value=${query.flow || ""} onChange=${(event) => ask({ flow: event.target.value })}>
      <option value="">Every flow</option>${names.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}</select>
    <label class="search"><${Icon} name="search" /><input id="runs-search" class="input" type="search" aria-label="Search runs" placeholder="Search" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
  </div>`;
}

function commandOf(query) {
  const parts = ["playnex run list"];
  if (query.state) parts.push(`--state ${query.state}`);
  if (query.flow) parts.push(`--flow ${query.flow}`);
  return parts.join(" ");
}
