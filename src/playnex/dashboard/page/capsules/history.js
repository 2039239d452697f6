// The versions of a capsule: a slider through them, who wrote each, from what, with which labels, and what used it since.
import { html, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Diff } from "../parts/diff.js";
import { Failed } from "../parts/empty.js";
import { useLoad } from "../parts/load.js";
import { Skeleton } from "../parts/skeleton.js";
import { toast, toastError } from "../parts/toasts.js";
import { ago, fullMoment } from "../words.js";

export function Slider({ versions, at, onAt }) {
  if (versions.length < 2) return null;
  const shown = versions.find((one) => one.version === at);
  return html`<div class="versions"><label class="only-read" for="version">Version</label>
    <input id="version" type="range" min="1" max=${versions[0].version} step="1" value=${at} aria-valuetext=${`version ${at}${shown ? ` by ${shown.who}` : ""}`} onInput=${(event) => onAt(Number(event.target.value))} />
    <span class="num">version ${at} of ${versions[0].version}</span>${shown && html`<span class="dim cut">${shown.who}, ${ago(shown.written)}</span>`}</div>`;
}

export function History({ capsule, versions, onAt, onChanged }) {
  const back = (version) => api.post(`/api/capsules/${capsule.id}/restore`, { version }).then((made) => (toast(`Version ${version} is version ${made.version} now`), onChanged(made)), toastError);
  return html`<ol class="history" role="list">${versions.map((one, index) => html`<li key=${one.version} data-current=${one.version === capsule.version ? "yes" : null}>
    <div class="history-head"><button class="link" onClick=${() => onAt(one.version)}>Version ${one.version}</button>
      <b class="cut">${one.author.run ? html`<a href=${`/runs/${one.author.run}?step=${encodeURIComponent(one.author.step)}`}>${one.who}</a>` : one.who}</b>
      <span class="dim" title=${fullMoment(one.written)}>${ago(one.written)}</span><span class="spring"></span>
      ${index > 0 && html`<button class="button small" onClick=${() => back(one.version)} aria-label=${`Make version ${one.version} the newest`}>Make it the newest</button>`}</div>
    <${Origins} one=${one} />
    ${one.uses.length > 0 && html`<p class="dim">used ${one.uses.length} ${one.uses.length === 1 ? "time" : "times"} since</p>`}</li>`)}</ol>`;
}

export function Origins({ one }) {
  if (!one.labels.length && !one.sources.length) return null;
  return html`<p class="origins">${one.labels.map((label) => html`<span class="chip label" key=${label} data-label=${label}>${label}</span>`)}
    ${one.sources.length > 0 && html`<span class="dim">from</span>`}${one.sources.map((source) => html`<${Source} key=${source} source=${source} />`)}</p>`;
}

const Source = ({ source }) => /^[\w][\w./-]*$/.test(source) && !source.startsWith("runs/") ? html`<a class="chip cut" href=${`/capsules/${source}`} title=${source}>${source}</a>` : html`<span class="chip cut" title=${source}>${source}</span>`;

export function Compare({ capsule, versions }) {
  const newest = versions[0].version;
  const [pair, setPair] = useState([Math.max(1, newest - 1), newest]);
  const { data, error, again } = useLoad(`/api/capsules/${capsule.id}/diff?one=${pair[0]}&other=${pair[1]}`);
  const choose = (side, value) => setPair(side ? [pair[0], value] : [value, pair[1]]);
  const select = (side, says) => html`<label class="field-inline"><span>${says}</span><select class="select" value=${pair[side]} onChange=${(event) => choose(side, Number(event.target.value))}>
    ${versions.map((one) => html`<option key=${one.version} value=${one.version} selected=${one.version === pair[side]}>${one.version} · ${one.who}</option>`)}</select></label>`;
  return html`<div class="compare-pick">${select(0, "From")}${select(1, "to")}</div>
    ${error ? html`<${Failed} error=${error} onRetry=${again} />` : data ? html`<${Diff} one=${data.from.body} other=${data.to.body} label=${`Version ${pair[0]} to ${pair[1]}`} />${data.from.body === data.to.body && html`<p class="dim">The texts are the same.</p>`}` : html`<${Skeleton} />`}`;
}

export function Uses({ versions }) {
  const uses = versions.flatMap((one) => one.uses).sort((one, other) => other.at - one.at);
  if (!uses.length) return html`<p class="dim">No run has read it, and nothing was made of it yet.</p>`;
  return html`<div class="plain-table" tabindex="0" role="region" aria-label="Used by"><table><thead><tr><th>By</th><th>Step</th><th>Version</th><th>Made</th><th>When</th></tr></thead>
    <tbody>${uses.map((use, index) => html`<tr key=${index}><td>${use.by.run ? html`<a href=${`/runs/${use.by.run}?step=${encodeURIComponent(use.by.step)}`}>${use.who}</a>` : use.who}</td><td class="mono">${use.by.step}</td><td class="num">${use.version}</td>
      <td>${use.made ? html`<a href=${`/capsules/${use.made.name}`}>${use.made.name}@${use.made.version}</a>` : "read"}</td><td class="dim" title=${fullMoment(use.at)}>${ago(use.at)}</td></tr>`)}</tbody></table></div>`;
}
