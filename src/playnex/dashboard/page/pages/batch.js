// One batch: a square a case, how fast they end, what failed and why, and another try for that.
import { html, useMemo, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Squares } from "../batches/squares.js";
import { Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { useEvery, useLoad } from "../parts/load.js";
import { Skeleton } from "../parts/skeleton.js";
import { State } from "../parts/state.js";
import { toast, toastError } from "../parts/toasts.js";
import { usePage } from "../shell/page.js";
import { ago, count, fullMoment, seconds } from "../words.js";
import { Bar, Counts } from "./batches.js";

const STILL = 6; // looks after a change at which nothing moved, before the page stops asking

export default function Batch({ params }) {
  const { data, error, again } = useLoad(`/api/batches/${encodeURIComponent(params.batch)}`);
  const [until, setUntil] = useState(0);
  const going = Boolean(data) && (data.state === "running" || /[rp]/.test(data.squares) || until > Date.now());
  useEvery(1000, again, going);
  const [busy, setBusy] = useState(false);
  const retry = () => {
    setBusy(true);
    api.post(`/api/batches/${data.batch}/retry-failed`).then((said) => (toast(`${count(said.retried)} ${said.retried === 1 ? "case" : "cases"} go on`), setUntil(Date.now() + STILL * 1000), again()), toastError).finally(() => setBusy(false));
  };
  const short = data ? data.batch.slice(-6) : params.batch;
  const keys = useMemo(() => (data?.failed ? [{ key: "r", says: "Retry what failed", does: retry }] : []), [data?.failed]);
  usePage({ title: data ? `${data.flow} · batch ${short}` : "Batch", command: data?.failed ? `playnex batch retry-failed ${short}` : `playnex batch status ${short}`, keys });
  if (error && !data) return html`<${Failed} error=${error} onRetry=${again} back=${["/batches", "All batches"]} />`;
  if (!data) return html`<header class="page-head"><h1>Batch</h1></header><div class="page"><${Skeleton} lines=${8} /></div>`;
  return html`<header class="page-head"><a class="crumb" href="/batches">Batches</a><h1 class="cut"><a class="plain" href=${`/flows/${encodeURIComponent(data.flow)}`}>${data.flow}</a></h1><span class="mono dim">${short}</span><${State} state=${data.state} /><span class="spring"></span>
      ${data.failed > 0 && html`<button class="button" disabled=${busy} onClick=${retry}><${Icon} name="retry" />Retry ${count(data.failed)} failed<kbd>r</kbd></button>`}</header>
    <div class="page batch"><${Bar} batch=${data} />
      <p class="card-foot num"><span>${count(data.cases)} cases of <span class="mono">${data.file}</span></span><${Counts} batch=${data} />${data.fallback > 0 && html`<span>${count(data.fallback)} with a fallback</span>`}<span title=${fullMoment(data.started)}>begun ${ago(data.started)}</span><span>${data.at_most} at a time</span></p>
      <${Squares} batch=${data.batch} squares=${data.squares} />
      <div class="batch-low"><${Throughput} said=${data.throughput} /><${Errors} errors=${data.errors} failed=${data.failed} /></div></div>`;
}

function Throughput({ said }) {
  const most = Math.max(...said.bars, 1);
  return html`<section aria-label="Throughput"><h2>Throughput</h2>${said.bars.length ? html`<p class="num"><b>${said.rate < 10 ? said.rate.toFixed(2) : count(Math.round(said.rate))}</b> <span class="dim">cases a second, over ${seconds(said.seconds * said.bars.length)}</span></p>
    <svg class="bars" viewBox="0 0 240 64" preserveAspectRatio="none" role="img" aria-label=${`Cases that ended over time, ${most} at most in ${seconds(said.seconds)}`}>${said.bars.map((value, index) => html`<rect key=${index} x=${index * 4} y=${64 - (62 * value) / most} width="3" height=${(62 * value) / most} />`)}</svg>` : html`<p class="dim">No case has ended yet.</p>`}</section>`;
}

function Errors({ errors, failed }) {
  return html`<section aria-label="Failures"><h2>Failures</h2>${failed === 0 ? html`<p class="dim">None.</p>` : html`<ul class="errors" role="list">${errors.map((one, index) => html`<li key=${index}><b class="num">${count(one.count)}</b><div><p class="errors-says">${one.message || one.reason}</p>
    <p class="dim">cases ${one.cases.map((each, place) => html`${place > 0 && ", "}<a href=${`/runs/${each.run}`}>${each.case}${each.key && !each.key.startsWith("batch ") ? ` (${each.key})` : ""}</a>`)}${one.count > one.cases.length && ` and ${count(one.count - one.cases.length)} more`}</p></div></li>`)}</ul>`}</section>`;
}
