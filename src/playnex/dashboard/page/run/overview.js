// The run as a whole: what went wrong or waits, what it was given and gave, what left the machine.
import { html } from "../vendor/playnex-vendor.js";
import { Icon } from "../parts/icon.js";
import { Shown } from "../parts/shown.js";
import { fullMoment } from "../words.js";
import { topOf } from "./actions.js";
import { Waiting } from "./waiting.js";

export function Overview({ store, onSelect, missing }) {
  const header = store.header.value;
  const asking = store.keys.value.map((key) => store.row(key)).filter((row) => row.ask && !row.parent);
  return html`<div class="inspector overview">
    ${missing && html`<p class="note" data-tone="wait">There is no step ${missing} here${store.frame.value === null ? "" : " yet"}.</p>`}
    ${header.state === "failed" && html`<section class="alert" data-tone="bad"><h2>Failed${header.reason ? html` <code>${header.reason}</code>` : ""}</h2><p>${header.message}</p>
      ${header.error_step && html`<button class="button small" onClick=${() => onSelect(topOf(header.error_step))}>See the step</button>`}</section>`}
    ${header.shown_state === "interrupted" && html`<section class="alert" data-tone="wait"><h2>No worker</h2><p>The process that carried this run is gone. What is finished is kept; resume it, and it goes on at the first unfinished step.</p></section>`}
    ${(header.state === "paused" || (header.state === "parked" && !header.unknown.length)) && html`<section class="alert" data-tone="wait"><h2>${header.state === "paused" ? "Paused" : "Waits for you to say how it goes on"}</h2><p>${header.message || "What was under way has ended. Nothing goes on until it is resumed."}</p></section>`}
    ${store.frame.value === null && html`<${Waiting} store=${store} rows=${asking} withUnknown />`}
    ${header.output !== null && header.output !== undefined && html`<section><h2 class="small">Output</h2><${Shown} value=${header.output} label="Output" /></section>`}
    <section><h2 class="small">Input</h2>${header.inputs && Object.keys(header.inputs).length ? html`<${Inputs} inputs=${header.inputs} />` : html`<p class="none">None.</p>`}</section>
    <section><h2 class="small">Run</h2><dl class="facts"><dt>Id</dt><dd><code>${header.run}</code></dd><dt>Started</dt><dd>${fullMoment(header.started)}</dd>
      <dt>Requests</dt><dd class="num">${header.requests ?? 0}</dd><dt>Worker</dt><dd>${header.worker ? "at work" : "none"}</dd>
      <dt>Left the machine</dt><dd>${header.left_machine?.length ? header.left_machine.map((one) => html`<span class="left" key=${one.step}><${Icon} name="out" size=${12} />${one.whom}</span>`) : "nothing"}</dd></dl></section>
    <p class="dim overview-hint">Choose a step in the graph or the timeline to see what it was given and gave.</p>
  </div>`;
}

function Inputs({ inputs }) {
  return html`<dl class="facts">${Object.entries(inputs).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${typeof value === "object" ? html`<code>${JSON.stringify(value)}</code>` : String(value)}</dd>`)}</dl>`;
}
