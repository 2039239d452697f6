// Agents: who there is, with which model and tools.
import { html } from "../vendor/playnex-vendor.js";
import { Empty, Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { useLoad } from "../parts/load.js";
import { Skeleton } from "../parts/skeleton.js";
import { usePage } from "../shell/page.js";

export default function Agents() {
  const { data, error, again } = useLoad("/api/agents");
  usePage({ title: "Agents", command: "playnex agent list" });
  return html`<header class="page-head"><h1>Agents</h1></header>
    <div class="page">${error && !data ? html`<${Failed} error=${error} onRetry=${again} />` : !data ? html`<${Skeleton} lines=${6} />`
      : !data.agents.length ? html`<${Empty} icon="agents" title="No agents yet" text="An agent is a purpose, a model, tools, memory and limits." command='playnex agent create writer --purpose "You write short, friendly texts."' />`
      : html`<ul class="cards" role="list">${data.agents.map((agent) => html`<li key=${agent.name}><a class="card" href=${`/agents/${encodeURIComponent(agent.name)}`}>
        <span class="card-head"><b class="cut" title=${agent.name}>${agent.name}</b>${agent.unreadable && html`<span class="state" data-tone="bad"><i aria-hidden="true">✗</i>faults</span>`}</span><span class="card-says">${agent.description || "It says nothing of itself."}</span>
        <span class="card-foot"><span class="chip"><${Icon} name="model" />${agent.model}</span><span class="cut">${agent.tools.length ? agent.tools.join(", ") : "no tools"}</span></span></a></li>`)}</ul>`}</div>`;
}
