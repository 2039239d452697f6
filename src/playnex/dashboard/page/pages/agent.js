// One agent: what it is told, what it may use, what it remembers, which model it asks; its file; and a box to try it.
import { html, useEffect, useRef, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Empty, Failed } from "../parts/empty.js";
import { FileEditor } from "../parts/file_editor.js";
import { Icon } from "../parts/icon.js";
import { useEvery, useLoad } from "../parts/load.js";
import { Markdown } from "../parts/markdown.js";
import { Shown } from "../parts/shown.js";
import { Skeleton } from "../parts/skeleton.js";
import { State } from "../parts/state.js";
import { Tabs } from "../parts/tabs.js";
import { ask } from "../router.js";
import { usePage } from "../shell/page.js";
import { count, isOver, seconds, usd } from "../words.js";

export default function Agent({ params, query }) {
  const place = `/api/agents/${encodeURIComponent(params.agent)}`;
  const { data, error, again } = useLoad(place);
  const tab = query.tab || (data && !data.agent ? "file" : "prompt");
  usePage({ title: params.agent, command: tab === "memory" ? `playnex agent show ${params.agent} --memory` : `playnex agent run ${params.agent} "…"` });
  if (error && !data) return html`<${Failed} error=${error} onRetry=${again} back=${["/agents", "All agents"]} />`;
  if (!data) return html`<header class="page-head"><h1 class="cut">${params.agent}</h1></header><div class="page"><${Skeleton} lines=${8} /></div>`;
  return html`<div class="flow-page"><header class="page-head"><a class="crumb" href="/agents">Agents</a><h1 class="cut" title=${data.name}>${data.name}</h1>${data.agent && html`<${Model} model=${data.model} />`}</header>
    ${data.agent?.description && html`<p class="flow-says">${data.agent.description}</p>`}
    <div class="agent-both"><div class="agent-left"><${Tabs} label="Agent" at=${tab} onChange=${(id) => ask({ tab: id === "prompt" ? null : id })} tabs=${[...(data.agent ? [{ id: "prompt", says: "Prompt" }, { id: "tools", says: "Tools", count: data.tools.reduce((sum, one) => sum + one.tools.length, 0) }, { id: "memory", says: "Memory" }, { id: "limits", says: "Limits" }] : []), { id: "file", says: "File", count: data.faults.length }]}>
      <div class="agent-panel">${panel(tab, data, place, again)}</div><//></div>
      ${data.agent ? html`<${Try} agent=${data.name} />` : html`<section class="run-form"><h2>It cannot be asked</h2><p class="bad">${data.faults[0]?.message}</p></section>`}</div></div>`;
}

function panel(tab, data, place, again) {
  if (tab === "file" || !data.agent) return html`<${FileEditor} key=${data.stamp} place=${place} file=${data} faults=${data.faults} onSaved=${again} />`;
  if (tab === "tools") return html`<${Tools} tools=${data.tools} />`;
  if (tab === "memory") return html`<${Memory} memory=${data.memory} own=${data.agent.memory} />`;
  if (tab === "limits") return html`<${Limits} agent=${data.agent} />`;
  return data.agent.instructions ? html`<${Markdown} text=${data.agent.instructions} />` : html`<p class="dim">It is told nothing.</p>`;
}

function Model({ model }) {
  if (model.fault) return html`<span class="chip bad" title=${model.hint || model.fault}><${Icon} name="alert" />${model.alias}: ${model.fault}</span>`;
  return html`<span class="chip" title=${`${count(model.context)} tokens`}><${Icon} name="model" />${model.name}</span>${!model.local && html`<span class="chip label" data-label="untrusted"><${Icon} name="out" />leaves this machine</span>`}`;
}

function Tools({ tools }) {
  if (!tools.length) return html`<p class="dim">It may use no tool. Anything that it asks for is refused, and the record says so.</p>`;
  return html`${tools.map((one) => html`<section class="pattern" key=${one.pattern}><h3 class="mono">${one.pattern}</h3>${one.tools.length === 0 && html`<p class="bad">No tool is called so. ${one.why}</p>`}
    <ul role="list">${one.tools.map((tool) => html`<li key=${tool.name}><b class="mono">${tool.name}</b><span class="chip">${tool.effect}</span>${tool.egress === "remote" && html`<span class="chip label" data-label="untrusted">leaves this machine</span>`}${tool.may_ask.length > 0 && html`<span class="chip" title=${tool.may_ask.join("; ")}>may ask</span>`}<p class="dim">${tool.description.split("\n")[0]}</p></li>`)}</ul></section>`)}`;
}

const listed = (names) => (names.length ? names.join(", ") : "nothing");

function Memory({ memory, own }) {
  const facts = [["Reads", listed(own.read)], ["Writes", listed(own.write)], ["History", own.history ? "what it said earlier in the run" : "off"], ["Long-term memory", own.pinned ? "what is pinned" : "off"], ["Recall", own.recall ? `${own.recall.limit} hits of ${listed(own.recall.in)}` : "off"]];
  return html`<dl class="limits">${facts.map(([name, says]) => html`<div key=${name}><dt>${name}</dt><dd>${says}</dd></div>`)}</dl>
    <h3>What it would be given now</h3>${memory.given.length ? html`<ul class="given" role="list">${memory.given.map((one) => html`<li key=${one.name}><a href=${`/capsules/${one.name}`}>${one.name}</a><span class="chip">${one.kind}</span><span class="dim">${count(one.characters)} characters, by ${one.by}</span></li>`)}</ul>` : html`<p class="dim">Nothing.</p>`}
    ${memory.left_out.map((one) => html`<p class="dim" key=${one.name}>left out, for it does not fit: ${one.name} (${count(one.characters)} characters)</p>`)}${memory.why && html`<p class="dim">recall goes by words alone: ${memory.why}</p>`}`;
}

function Limits({ agent }) {
  const { turns, tokens, usd: dollars, time } = agent.limits;
  const facts = [["Turns", count(turns)], ["Tokens", tokens ? count(tokens) : "no limit"], ["Cost", dollars ? usd(dollars) : "no limit"], ["Time", time ? seconds(time) : "no limit"], ["Plans first", agent.plan ? "yes" : "no"], ["Reflects", { never: "never", "after-error": "after an error", "every-turn": "every turn" }[agent.reflect]]];
  return html`<dl class="limits">${facts.map(([name, says]) => html`<div key=${name}><dt>${name}</dt><dd>${says}</dd></div>`)}</dl>${agent.output && html`<h3>It answers in this form</h3><${Shown} value=${agent.output} label="Schema" />`}`;
}

// One message, one run: its answer stands here, and the run's own page has the rest.
function Try({ agent }) {
  const [message, setMessage] = useState("");
  const [run, setRun] = useState("");
  const [fault, setFault] = useState(null);
  const { data, again } = useLoad(run ? `/api/runs/${run}` : "");
  const header = data?.header;
  const going = Boolean(run) && !(header && isOver(header.state)) && header?.state !== "waiting";
  useEvery(400, again, going);
  const send = (event) => {
    event.preventDefault();
    setFault(null);
    setRun("");
    api.post("/api/runs", { agent, message }).then((said) => setRun(said.run), setFault);
  };
  const typed = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && message.trim() && send(event);
  return html`<section class="run-form try" aria-label="Try it"><h2>Try it</h2>
    <form onSubmit=${send}><label class="field"><span>Message</span><textarea class="input try-box" rows="4" value=${message} onInput=${(event) => setMessage(event.target.value)} onKeyDown=${typed}></textarea></label>
      <button class="button primary" disabled=${!message.trim() || going}><${Icon} name="play" />Ask</button></form>
    ${fault && html`<p class="bad" role="alert">${fault.message}${fault.hint && html`<br /><small>${fault.hint}</small>`}</p>`}
    ${run && html`<div class="answer" aria-live="polite"><p class="answer-head">${header ? html`<${State} state=${header.shown_state || header.state} />` : html`<${State} state="pending" />`}<a href=${`/runs/${run}`}>The run</a>${header && html`<span class="dim num">${count(header.tokens)} tok${header.usd ? ` · ${usd(header.usd)}` : ""}${header.seconds ? ` · ${seconds(header.seconds)}` : ""}</span>`}</p>
      ${header?.message && html`<p class="bad">${header.message}</p>`}${header?.state === "waiting" && html`<p>It waits for you in the <a href="/inbox">inbox</a>.</p>`}
      ${header?.output !== undefined && header?.output !== null && html`<${Shown} value=${answerOf(header.output)} label="Answer" />`}</div>`}</section>`;
}

const answerOf = (output) => (output && typeof output === "object" && "answer" in output && Object.keys(output).length === 1 ? output.answer : output);
