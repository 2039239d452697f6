// The tabs of the inspector, but for the prompt's.
import { html, useState } from "../vendor/playnex-vendor.js";
import { CodeBlock } from "../parts/code.js";
import { Icon } from "../parts/icon.js";
import { JsonTree } from "../parts/json_tree.js";
import { Markdown } from "../parts/markdown.js";
import { Shown } from "../parts/shown.js";
import { Sign } from "../parts/state.js";
import { clock, count, seconds } from "../words.js";

const isEmpty = (value) => value === null || value === undefined || value === "";

const None = ({ children }) => html`<p class="none">${children}</p>`;

export function Output({ detail, row, store }) {
  const output = detail.output;
  const spoken = row.status === "running" ? store.spoken(row.key) : "";
  if (spoken) return html`<div class="shown spoken">${spoken.trimStart().startsWith("{") ? html`<${CodeBlock} text=${spoken} label="What the model writes" />` : html`<${Markdown} text=${spoken} />`}<i class="caret" aria-hidden="true"></i></div>`;
  return html`${isEmpty(output) ? html`<${None}>${row.status === "running" ? row.gist || "At work; what it gives appears here." : row.status === "pending" ? "It has not begun." : row.status === "waiting" ? row.note || "It waits." : row.gist || "It gave nothing."}<//>` : html`<${Shown} value=${output} label="Output" />`}
    ${row.status === "running" && !isEmpty(output) && html`<i class="caret" aria-hidden="true"></i>`}
    ${row.capsule && html`<p class="kept"><${Icon} name="capsule" /><a href=${`/capsules/${encodeURIComponent(row.capsule.id || row.capsule.name)}`}>${row.capsule.name}</a> <span class="dim">version ${row.capsule.version}</span></p>`}`;
}

export function Input({ detail }) {
  return isEmpty(detail.input) ? html`<${None}>It was given nothing.<//>` : html`<${Shown} value=${detail.input} label="Input" />`;
}

export function Tools({ detail }) {
  const calls = detail.tools || [];
  if (!calls.length) return html`<${None}>No tool was called.<//>`;
  return html`<ol class="calls">${calls.map((call, index) => html`<li key=${call.step || index}><${Call} call=${call} /></li>`)}</ol>`;
}

export function Call({ call, open = false }) {
  const [isOpen, setOpen] = useState(open);
  const state = call.status === "ok" ? "succeeded" : call.status;
  return html`<div class="call"><button class="call-head" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}><${Sign} state=${state} /><b class="cut">${call.tool}</b>
      <code class="cut dim">${oneLine(call.arguments)}</code><span class="num dim">${seconds(call.seconds)}</span></button>
    ${isOpen && html`<div class="call-body"><h3>Arguments</h3><${JsonTree} value=${call.arguments ?? {}} />
      <h3>Result</h3>${isEmpty(call.result ?? call.output) ? html`<p class="none">${call.message || call.reason || call.status}</p>` : html`<${Shown} value=${call.result ?? call.output} label="Result" />`}
      ${(call.approvals || []).map((asked, index) => html`<p class="note" data-tone="wait" key=${index}>${asked.why || "asked a person"}: ${asked.decision || "waits"} ${asked.by ? `by ${asked.by}` : ""}</p>`)}</div>`}</div>`;
}

const oneLine = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? {});
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
};

export function Attempts({ row }) {
  const last = row.attempts.length + 1;
  if (row.began === null) return html`<${None}>It has not been tried.<//>`;
  return html`<ol class="attempts">${row.attempts.map((tried) => html`<li key=${tried.number} data-tone="bad"><header><${Sign} state="failed" /><b>Try ${tried.number}</b><span class="dim">${clock(tried.at)}</span></header>
      <p>${tried.message}</p><small class="dim">${tried.reason}${tried.delay ? ` · the next after ${seconds(tried.delay)}` : ""}</small></li>`)}
    ${row.status !== "retry" && html`<li><header><${Sign} state=${row.status} /><b>Try ${last}</b><span class="dim">${clock(row.ended ?? row.began)}</span></header><p>${row.status === "failed" ? row.note : row.gist}</p></li>`}</ol>`;
}

export function Log({ detail }) {
  const lines = detail.log || [];
  if (!lines.length) return html`<${None}>Nothing is in the log.<//>`;
  return html`<ol class="log">${lines.map((line, index) => html`<li key=${index}><span class="dim num">${clock(line.at ?? line.time)}</span><code>${typeof line === "string" ? line : logText(line)}</code></li>`)}</ol>`;
}

function logText({ at, time, run, flow, ...rest }) {
  return Object.entries(rest).filter(([, value]) => !isEmpty(value)).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join("  ");
}

export function Memory({ detail }) {
  const { given = [], wrote = [] } = detail.memory || {};
  if (!given?.length && !wrote?.length) return html`<${None}>It was given nothing from memory, and wrote nothing.<//>`;
  return html`${given?.length > 0 && html`<h3>Was given</h3><ul class="memories">${given.map((one, index) => html`<li key=${index}><${Remembered} one=${one} /></li>`)}</ul>`}
    ${wrote?.length > 0 && html`<h3>Wrote</h3><ul class="memories">${wrote.map((one, index) => html`<li key=${index}><${Remembered} one=${one} /></li>`)}</ul>`}`;
}

function Remembered({ one }) {
  if (typeof one === "string") return one;
  const name = one.name || one.capsule?.name || one.capsule || one.id;
  return html`${name && html`<a href=${`/capsules/${encodeURIComponent(one.id || name)}`}>${String(name)}</a>`} ${one.version ? html`<span class="dim">version ${one.version}</span>` : null}${one.text && html`<p class="dim">${one.text}</p>`}${!name && html`<${JsonTree} value=${one} />`}`;
}

export function Items({ store, row, onSelect }) {
  const [only, setOnly] = useState("");
  const keys = store.below(row.key).filter((key) => key.startsWith(`${row.key}/item-`));
  const rows = keys.map((key) => store.row(key)).filter((one) => !only || one.status === only);
  const counts = row.items || {};
  return html`<p class="items-counts"><b class="num">${count(counts.done ?? 0)}</b> of ${count(counts.total ?? keys.length)} done${counts.running ? `, ${counts.running} running` : ""}${counts.failed ? html`, <button class="link" onClick=${() => setOnly(only ? "" : "failed")}>${counts.failed} failed</button>` : ""}</p>
    ${keys.length === 0 && html`<${None}>No item has begun.<//>`}
    <table class="items"><tbody>${rows.slice(0, 500).map((one) => html`<tr key=${one.key} tabindex="0" onClick=${() => onSelect(one.key)} onKeyDown=${(event) => event.key === "Enter" && onSelect(one.key)}>
      <td><${Sign} state=${one.status} /></td><th scope="row">${one.name}</th><td class="items-gist">${one.note || one.gist}</td><td class="num">${seconds(one.seconds)}</td></tr>`)}</tbody></table>`;
}
