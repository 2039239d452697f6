// Flows: what can be run, and how each has done.
import { html, useMemo, useState } from "../vendor/playnex-vendor.js";
import { Empty, Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { useLoad } from "../parts/load.js";
import { Skeleton } from "../parts/skeleton.js";
import { usePage } from "../shell/page.js";
import { ago, count, fullMoment } from "../words.js";

export default function Flows() {
  const { data, error, again } = useLoad("/api/flows");
  const [text, setText] = useState("");
  const keys = useMemo(() => [{ key: "/", says: "Search flows", does: () => document.getElementById("flows-search")?.focus() }], []);
  usePage({ title: "Flows", command: "playnex flow list", keys });
  const shown = data?.flows.filter((flow) => `${flow.name} ${flow.description}`.toLowerCase().includes(text.toLowerCase())) || [];
  return html`<header class="page-head"><h1>Flows</h1><span class="spring"></span><label class="search"><${Icon} name="search" /><input id="flows-search" class="input" type="search" placeholder="Search" aria-label="Search flows" value=${text} onInput=${(event) => setText(event.target.value)} /></label></header>
    <div class="page">${error && !data ? html`<${Failed} error=${error} onRetry=${again} />` : !data ? html`<${Skeleton} lines=${6} />`
      : !data.flows.length ? html`<${Empty} icon="flows" title="No flows yet" text="A flow says which agents and tools do what, in which order." command="playnex flow create" />`
      : !shown.length ? html`<p class="dim">No flow is called “${text}”.</p>` : html`<ul class="cards" role="list">${shown.map((flow) => html`<${Card} key=${flow.name} flow=${flow} />`)}</ul>`}</div>`;
}

function Card({ flow }) {
  const on = flow.schedules.some((one) => one.enabled);
  return html`<li><a class="card" href=${`/flows/${encodeURIComponent(flow.name)}`}>
    <span class="card-head"><b class="cut" title=${flow.name}>${flow.name}</b>${flow.schedules.length > 0 && html`<span class="chip">${on ? "● scheduled" : "○ schedule off"}</span>`}</span>
    <span class="card-says">${flow.description || "It says nothing of itself."}</span>
    <span class="card-foot"><${Success} record=${flow} /><span class="num">${flow.runs ? `${count(flow.runs)} ${flow.runs === 1 ? "run" : "runs"}` : "never run"}</span>${flow.newest && html`<span title=${fullMoment(flow.newest)}>${ago(flow.newest)}</span>`}</span></a></li>`;
}

// How often it ended well, as a bar and a number.
export function Success({ record }) {
  if (record.success === null || record.success === undefined) return null;
  const percent = Math.round(record.success * 100);
  return html`<span class="success" data-tone=${percent >= 90 ? "good" : percent >= 60 ? "wait" : "bad"} title=${`${count(record.counts.succeeded || 0)} succeeded, ${count(record.counts.failed || 0)} failed`}><i aria-hidden="true"><i style=${{ width: `${percent}%` }}></i></i><span class="num">${percent} % succeeded</span></span>`;
}
