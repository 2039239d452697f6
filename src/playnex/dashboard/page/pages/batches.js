// Batches: one flow over many cases.
import { html } from "../vendor/playnex-vendor.js";
import { Empty, Failed } from "../parts/empty.js";
import { useEvery, useLoad } from "../parts/load.js";
import { Skeleton } from "../parts/skeleton.js";
import { State } from "../parts/state.js";
import { usePage } from "../shell/page.js";
import { ago, count, fullMoment } from "../words.js";

export default function Batches() {
  const { data, error, again } = useLoad("/api/batches");
  useEvery(2000, again, Boolean(data?.batches.some((one) => one.state === "running")));
  usePage({ title: "Batches", command: "playnex batch list" });
  return html`<header class="page-head"><h1>Batches</h1></header>
    <div class="page">${error && !data ? html`<${Failed} error=${error} onRetry=${again} />` : !data ? html`<${Skeleton} lines=${6} />`
      : !data.batches.length ? html`<${Empty} icon="batches" title="No batches yet" text="A batch runs one flow over the lines of a JSONL or CSV file, and goes on where it was after a crash." command="playnex batch run FLOW cases.jsonl" />`
      : html`<ul class="batch-list" role="list">${data.batches.map((one) => html`<li key=${one.batch}><a class="card" href=${`/batches/${one.batch}`}><span class="card-head"><b class="cut">${one.flow}</b><${State} state=${one.state} /><span class="spring"></span><span class="dim" title=${fullMoment(one.started)}>${ago(one.started)}</span></span>
        <${Bar} batch=${one} /><span class="card-foot num"><span>${count(one.cases)} cases</span><${Counts} batch=${one} /><span class="cut">${one.file}</span></span></a></li>`)}</ul>`}</div>`;
}

const PARTS = [["succeeded", "good"], ["failed", "bad"], ["waiting", "wait"]];

export function Bar({ batch }) {
  return html`<span class="batch-bar" role="img" aria-label=${`${batch.succeeded} succeeded, ${batch.failed} failed, ${batch.waiting} waiting, ${batch.open} open`}>${PARTS.map(([name, tone]) => batch[name] > 0 && html`<i key=${name} data-tone=${tone} style=${{ width: `${(100 * batch[name]) / batch.cases}%` }}></i>`)}</span>`;
}

export const Counts = ({ batch }) => html`${batch.succeeded > 0 && html`<span data-tone="good" class="toned">✓ ${count(batch.succeeded)}</span>`}${batch.failed > 0 && html`<span data-tone="bad" class="toned">✗ ${count(batch.failed)}</span>`}${batch.waiting > 0 && html`<span data-tone="wait" class="toned">◐ ${count(batch.waiting)}</span>`}${batch.open > 0 && html`<span>○ ${count(batch.open)}</span>`}`;
