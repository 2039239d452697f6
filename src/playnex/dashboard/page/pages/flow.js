// One flow: its graph, the form that starts it, how long its steps take, its schedules, its file.
import { html, useMemo, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Drawn } from "../flows/drawn.js";
import { RunForm } from "../flows/form.js";
import { Empty, Failed } from "../parts/empty.js";
import { FileEditor } from "../parts/file_editor.js";
import { Icon } from "../parts/icon.js";
import { useLoad } from "../parts/load.js";
import { Skeleton } from "../parts/skeleton.js";
import { Switch } from "../parts/switch.js";
import { Tabs } from "../parts/tabs.js";
import { toast, toastError } from "../parts/toasts.js";
import { ask, go } from "../router.js";
import { usePage } from "../shell/page.js";
import { count, fullMoment, seconds } from "../words.js";
import { Success } from "./flows.js";

export default function Flow({ params, query }) {
  const place = `/api/flows/${encodeURIComponent(params.flow)}`;
  const { data, error, again } = useLoad(place);
  const [checked, setChecked] = useState(null);
  const tab = query.tab || (data && data.document === null ? "file" : "run");
  const keys = useMemo(() => [{ key: "f", says: "The flow's file", does: () => ask({ tab: "file" }) }, { key: "s", says: "Start it", does: () => (ask({ tab: null }), setTimeout(() => document.querySelector(".run-form :is(input, textarea, select, button)")?.focus())) }, { key: "u", says: "Its runs", does: () => go(`/runs?flow=${encodeURIComponent(params.flow)}`) }], [params.flow]);
  usePage({ title: params.flow, command: tab === "file" ? `playnex check ${data?.path || ""}` : `playnex flow run ${params.flow}${(data?.inputs || []).filter((one) => one.required).map((one) => ` --input ${one.name}="…"`).join("")}`, keys });
  if (error && !data) return html`<${Failed} error=${error} onRetry=${again} back=${["/flows", "All flows"]} />`;
  if (!data) return html`<header class="page-head"><h1 class="cut">${params.flow}</h1></header><div class="page"><${Skeleton} lines=${8} /></div>`;
  const graph = (tab === "file" && checked?.graph) || data.graph;
  return html`<div class="flow-page">
    <header class="page-head"><a class="crumb" href="/flows">Flows</a><h1 class="cut" title=${data.name}>${data.name}</h1><${Success} record=${data.stats} />
      <span class="spring"></span><a class="button" href=${`/runs?flow=${encodeURIComponent(data.name)}`}><${Icon} name="runs" />${count(data.stats.runs)} ${data.stats.runs === 1 ? "run" : "runs"}</a></header>
    ${data.document?.description && html`<p class="flow-says">${data.document.description}</p>`}
    <${Tabs} label="Flow" at=${tab} onChange=${(id) => ask({ tab: id === "run" ? null : id })} tabs=${[{ id: "run", says: "Start" }, { id: "file", says: "File", count: data.faults.length }, { id: "steps", says: "Steps" }, { id: "schedules", says: "Schedules", count: data.schedules.length }]}>
      ${tab === "file" ? html`<div class="flow-both"><${FileEditor} key=${data.stamp} place=${place} file=${data} faults=${data.faults} onChecked=${setChecked} onSaved=${() => (setChecked(null), again())} /><${Picture} graph=${graph} python=${data.python} faults=${data.faults} /></div>`
        : tab === "steps" ? html`<${Record} stats=${data.stats} />` : tab === "schedules" ? html`<${Schedules} data=${data} again=${again} />`
        : html`<div class="flow-both"><${Picture} graph=${graph} python=${data.python} faults=${data.faults} />${data.document === null ? html`<${Broken} faults=${data.faults} />` : html`<${RunForm} key=${data.stamp} flow=${data} from=${query.from} />`}</div>`}<//></div>`;
}

function Picture({ graph, python, faults }) {
  if (graph?.nodes.length) return html`<${Drawn} graph=${graph} />`;
  const text = python && !faults.length ? "It is written in Python: its steps are known once it runs." : "Its file has faults; without them its steps stand here.";
  return html`<div class="drawn drawn-none"><${Empty} icon="graph" title="No graph" text=${text} /></div>`;
}

const Broken = ({ faults }) => html`<section class="run-form"><h2>It cannot start</h2><p class="bad">Its file has ${faults.length} ${faults.length === 1 ? "fault" : "faults"}.</p><p>${faults[0]?.message}</p><button class="button" onClick=${() => ask({ tab: "file" })}>Mend the file</button></section>`;

function Record({ stats }) {
  if (!stats.steps.length) return html`<${Empty} icon="wait" title="No step has ended yet" text="Once it has run, each step's usual and slow times stand here." />`;
  const most = Math.max(...stats.steps.map((one) => one.p95), 0.001);
  return html`<div class="page flow-record"><p class="dim">${stats.looked_at === 1 ? "Of the one run" : `Of the newest ${count(stats.looked_at)} runs`} that ended. Half of them took no longer than p50, 95 of 100 no longer than p95.</p>
    <div class="plain-table" tabindex="0" role="region" aria-label="Times of steps"><table><thead><tr><th>Step</th><th class="end">Runs</th><th class="end">p50</th><th class="end">p95</th><th class="wide-only"><span class="only-read">As bars</span></th></tr></thead>
    <tbody>${stats.steps.map((one) => html`<tr key=${one.step}><td class="mono">${one.step}</td><td class="num end">${count(one.runs)}</td><td class="num end">${seconds(one.p50)}</td><td class="num end">${seconds(one.p95)}</td>
      <td class="wide-only"><span class="times" aria-hidden="true"><i style=${{ width: `${(100 * one.p95) / most}%` }}></i><b style=${{ width: `${(100 * one.p50) / most}%` }}></b></span></td></tr>`)}</tbody></table></div></div>`;
}

function Schedules({ data, again }) {
  const on = data.schedules.some((one) => one.enabled);
  const turn = (next) => api.post(`/api/schedules/${encodeURIComponent(data.name)}`, { on: next }).then(() => (toast(next ? "The schedules are on" : "The schedules are off"), again()), toastError);
  if (!data.schedules.length) return html`<${Empty} icon="wait" title="It has no schedule" text="Add one to its file; it stays off until you switch it on." command=${'on: { schedule: [{ cron: "0 7 * * 1-5", zone: Europe/Vienna }] }'} />`;
  return html`<div class="page flow-record"><${Switch} on=${on} onChange=${turn} label="Start it by itself">Start it by itself, at these times</${Switch}>
    <ul class="findings" role="list">${data.schedules.map((one, index) => html`<li class="schedule" key=${index}><code>${one.cron}</code><span>${one.zone}</span>${one.fault ? html`<span class="bad">${one.fault}</span>` : html`<span class="dim">${one.next ? `next ${fullMoment(one.next)}` : "off"}</span>`}
      ${Object.keys(one.inputs).length > 0 && html`<span class="mono cut dim">${JSON.stringify(one.inputs)}</span>`}</li>`)}</ul>
    ${on && !data.is_served && html`<p class="dim">Nothing fires them now: keep playnex serve running.</p>`}</div>`;
}
