// Tools: the MCP servers up or down with their own words, every tool with its calls, and what failed or was refused.
import { html, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { CodeBlock } from "../parts/code.js";
import { Empty, Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { useEvery, useLoad } from "../parts/load.js";
import { Skeleton } from "../parts/skeleton.js";
import { Tabs } from "../parts/tabs.js";
import { toast, toastError } from "../parts/toasts.js";
import { ask } from "../router.js";
import { usePage } from "../shell/page.js";
import { ago, count, fullMoment, seconds } from "../words.js";

export default function Tools({ query }) {
  const { data, error, again } = useLoad("/api/tools");
  useEvery(5000, again, true);
  const tab = query.tab || "tools";
  usePage({ title: "Tools", command: tab === "servers" ? "playnex mcp list" : "playnex tool list" });
  if (error && !data) return html`<${Failed} error=${error} onRetry=${again} />`;
  if (!data) return html`<header class="page-head"><h1>Tools</h1></header><div class="page"><${Skeleton} lines=${8} /></div>`;
  return html`<header class="page-head"><h1>Tools</h1><span class="dim">${data.looked_at ? `calls and errors of the newest ${count(data.looked_at)} runs` : "no run has called one yet"}</span></header>
    ${data.faults.length > 0 && html`<section class="banner" data-tone="bad" aria-label="Faults"><${Icon} name="alert" /><div>${data.faults.map((one) => html`<p key=${one}>${one}</p>`)}</div></section>`}
    <${Tabs} label="Tools" at=${tab} onChange=${(id) => ask({ tab: id === "tools" ? null : id })} tabs=${[{ id: "tools", says: "Tools", count: data.tools.length }, { id: "servers", says: "MCP servers", count: data.servers.length }, { id: "spoilt", says: "Failed and refused", count: data.spoilt.length }]}>
      <div class="page tools-panel">${tab === "servers" ? html`<${Servers} servers=${data.servers} again=${again} />` : tab === "spoilt" ? html`<${Spoilt} calls=${data.spoilt} />` : html`<${All} tools=${data.tools} />`}</div><//>`;
}

function All({ tools }) {
  return html`<div class="plain-table" tabindex="0" role="region" aria-label="Tools"><table><thead><tr><th>Tool</th><th class="wide-only">From</th><th>A second call</th><th class="wide-only">Asks</th><th class="end">Calls</th><th class="end">Errors</th></tr></thead>
    <tbody>${tools.map((tool) => html`<tr key=${tool.name}><td><b class="mono">${tool.name}</b><small class="tool-says">${tool.description.split("\n")[0]}</small></td><td class="wide-only">${tool.from}</td>
      <td><span class="chip">${tool.effect}</span>${tool.egress === "remote" && html` <span class="chip label" data-label="untrusted">leaves this machine</span>`}</td><td class="wide-only dim" title=${tool.may_ask.join("\n")}>${tool.may_ask[0] || "never"}</td>
      <td class="num end">${tool.calls ? count(tool.calls) : html`<span class="dim">0</span>`}</td><td class="num end">${tool.errors + tool.refused ? html`<span class="bad">${count(tool.errors + tool.refused)}</span>` : html`<span class="dim">0</span>`}</td></tr>`)}</tbody></table></div>`;
}

function Servers({ servers, again }) {
  const [busy, setBusy] = useState("");
  if (!servers.length) return html`<${Empty} icon="tools" title="No MCP servers" text="A server gives agents tools, as a child process of this machine." command="playnex mcp add time mcp-server-time" />`;
  const test = (server) => {
    setBusy(server.name);
    api.post(`/api/servers/${encodeURIComponent(server.name)}/test`).then((said) => (toast(`${server.name} offers ${said.tools.length} tools, in ${seconds(said.seconds)}`), again()), (error) => (toastError(error), again())).finally(() => setBusy(""));
  };
  return html`<ul class="servers" role="list">${servers.map((server) => html`<li class="server" key=${server.name}><header><h2 class="cut" title=${server.name}>${server.name}</h2><${Standing} server=${server} /><span class="spring"></span>
      <button class="button small" disabled=${Boolean(busy)} onClick=${() => test(server)}>${busy === server.name ? "Starting…" : "Start and look"}</button></header>
    <p class="mono server-command">${server.command.join(" ")}</p>
    <p class="origins"><span class="chip">${server.trust === "full" ? "all rights" : "sandboxed"}</span>${server.network && html`<span class="chip">network</span>`}<span class="chip">shared: ${server.share}</span><span class="dim num">${count(server.calls)} calls, ${count(server.errors)} errors · ${server.tools.length} tools · ${server.where}</span></p>
    ${server.state !== "accepted" && html`<p class="dim">${server.state === "new" ? "Nobody has looked at it yet, so its tools are refused." : "Its entry is not what was accepted, so its tools are refused."}</p>`}
    ${server.stderr ? html`<details><summary>Its own words (stderr)</summary><${CodeBlock} text=${server.stderr} label=${`stderr of ${server.name}`} /></details>` : html`<p class="dim">It has said nothing on stderr.</p>`}</li>`)}</ul>`;
}

function Standing({ server }) {
  if (server.up) return html`<span class="state" data-tone="good"><i aria-hidden="true">●</i>up${server.up > 1 ? ` · ${server.up} processes` : ""}</span>`;
  if (server.rests) return html`<span class="state" data-tone="bad"><i aria-hidden="true">✗</i>rests for ${server.rests} s after ${server.in_vain} starts in vain</span>`;
  if (server.in_vain) return html`<span class="state" data-tone="bad"><i aria-hidden="true">✗</i>down: started ${server.in_vain} ${server.in_vain === 1 ? "time" : "times"} in vain</span>`;
  return html`<span class="state" data-tone="quiet"><i aria-hidden="true">○</i>down: starts with its first call</span>`;
}

function Spoilt({ calls }) {
  if (!calls.length) return html`<${Empty} icon="check" title="No call failed and none was refused" text="What an agent asks for outside of its own list is refused, and stands here." />`;
  return html`<ul class="spoilt" role="list">${calls.map((call, index) => html`<li key=${index}><span class="state" data-tone=${call.refused ? "wait" : "bad"}><i aria-hidden="true">${call.refused ? "⊘" : "✗"}</i>${call.refused ? "refused" : "failed"}</span>
    <div><p><b class="mono">${call.tool}</b> <span class="dim">${call.agent ? `by ${call.agent}, ` : ""}<a href=${`/runs/${call.run}?step=${encodeURIComponent(call.step)}`}>${call.step}</a></span></p><p class="spoilt-says">${call.message || call.reason}</p></div><span class="dim" title=${fullMoment(call.at)}>${ago(call.at)}</span></li>`)}</ul>`;
}
