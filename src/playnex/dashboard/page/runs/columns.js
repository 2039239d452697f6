// The columns of the list of runs. A cell reads its row's signal, so only it is drawn again.
import { html } from "../vendor/playnex-vendor.js";
import { now } from "../now.js";
import { State } from "../parts/state.js";
import { ago, fullMoment, seconds, short, usd } from "../words.js";

export function columns({ chosen, toggle }) {
  return [
    { id: "choose", says: "Chosen", head: html`<span class="only-read">Chosen</span>`, width: "20px", narrow: false, cell: (row) => html`<input type="checkbox" aria-label=${`Choose ${row.value.title || row.value.short}`} checked=${chosen.value.has(row.value.run)} onChange=${() => toggle(row.value.run)} />` },
    { id: "state", says: "State", width: "108px", narrowWidth: "106px", cell: (row) => html`<${State} state=${row.value.shown_state} title=${row.value.reason} />` },
    { id: "title", says: "Run", width: "minmax(180px, 1.15fr)", narrowWidth: "minmax(0, 1fr)", cell: (row) => title(row.value) },
    { id: "flow", says: "Flow", width: "minmax(100px, 160px)", narrow: false, cell: (row) => html`<span class="dim" title=${row.value.flow}>${row.value.flow}</span>` },
    { id: "last", says: "Last line", width: "minmax(140px, 1.3fr)", narrow: false, cell: (row) => html`<span class="runs-last" data-state=${row.value.state} title=${row.value.message || row.value.last}>${row.value.last}</span>` },
    { id: "tokens", says: "Tokens", width: "58px", align: "end", narrow: false, cell: (row) => short(row.value.tokens) },
    { id: "usd", says: "Cost", width: "62px", align: "end", narrow: false, cell: (row) => html`<span class=${row.value.usd ? "" : "dim"}>${usd(row.value.usd)}</span>` },
    { id: "seconds", says: "Took", width: "76px", align: "end", narrow: false, cell: (row) => seconds(took(row.value)) },
    { id: "started", says: "Started", width: "84px", narrowWidth: "72px", align: "end", cell: (row) => html`<span class="dim" title=${fullMoment(row.value.started)}>${ago(row.value.started, Math.floor(now.value / 10_000) * 10_000 + 10_000)}</span>` },
  ];
}

const title = (row) => html`<a class="runs-title" href=${`/runs/${row.run}`} title=${row.title || row.run}><b>${row.title || row.flow}</b> <code class="dim">${row.short}</code><small class="narrow-only">${row.flow}</small></a>`;

export function took(row) {
  if (row.state !== "running" || !row.worker) return row.seconds;
  return (row.seconds || 0) + Math.max(0, now.value / 1000 - (row.counted ?? row.updated));
}
