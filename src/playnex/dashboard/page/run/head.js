// The head of a run's page: what it is, how it stands, what it has used of its budget, what can be done.
import { html } from "../vendor/playnex-vendor.js";
import { Icon } from "../parts/icon.js";
import { State } from "../parts/state.js";
import { ask } from "../router.js";
import { took } from "../runs/columns.js";
import { count, fullMoment, seconds, short, usd } from "../words.js";

export function RunHead({ store, actions, view }) {
  const header = store.header.value;
  const budget = header.budget || {};
  return html`<header class="run-head">
    <div class="run-name">
      <nav aria-label="Where this is"><a href="/runs">Runs</a> / <a href=${`/flows/${header.flow}`}>${header.flow}</a> / <code>${header.short}</code>
        ${header.forked && html` · forked from <a href=${`/runs/${header.forked.run}`}>${header.forked.run.slice(-6)}</a>`}</nav>
      <h1 class="cut" title=${header.title}>${header.title || header.flow}</h1>
    </div>
    <${State} state=${header.shown_state || header.state} title=${header.reason || header.message} />
    <dl class="figures">
      <${Figure} says="Elapsed" limit=${budget.seconds} shown=${seconds(limitOf(budget.seconds))} used=${lasts(store, header)} value=${seconds(lasts(store, header))} title=${`started ${fullMoment(header.started)}`} />
      <${Figure} says="Tokens" limit=${budget.tokens} shown=${short(limitOf(budget.tokens))} used=${header.tokens} value=${count(header.tokens || 0)} />
      <${Figure} says="Cost" limit=${budget.usd} shown=${budget.usd ? `$${budget.usd}` : ""} used=${header.usd} value=${usd(header.usd || 0)} />
    </dl>
    <span class="spring"></span>
    <div class="choice" role="group" aria-label="View">
      <button aria-pressed=${view === "graph"} onClick=${() => ask({ view: "" })}>Graph</button>
      <button aria-pressed=${view === "transcript"} onClick=${() => ask({ view: "transcript" })}>Transcript</button>
    </div>
    <div class="run-actions">${actions.map((one) => html`<button key=${one.id} class=${`button ${one.isDanger ? "danger" : one.isFirst ? "primary" : ""}`} onClick=${one.does} aria-keyshortcuts=${one.key}><${Icon} name=${one.icon} /><span>${one.says}</span><kbd>${one.key}</kbd></button>`)}</div>
  </header>`;
}

const limitOf = (limit) => limit || null;

function lasts(store, header) {
  if (store.frame.value !== null) return header.seconds || 0;
  return header.state === "running" && header.worker ? took(header) : header.seconds || 0;
}

function Figure({ says, value, limit, shown, used, title }) {
  const part = limit ? Math.min(1, (used || 0) / limit) : 0;
  return html`<div class="figure" title=${title || (limit ? `${Math.round(part * 100)} % of ${shown}` : "no limit")}>
    <dt>${says}${limit ? html`<span> / ${shown}</span>` : null}</dt><dd class="num">${value}</dd>
    ${limit ? html`<i class="figure-bar" aria-hidden="true" data-high=${part > 0.85 ? "yes" : null}><b style=${{ width: `${part * 100}%` }}></b></i>` : null}</div>`;
}

