// Two runs side by side: step by step, word by word, from where they part.
import { html, useEffect, useMemo, useState } from "../vendor/playnex-vendor.js";
import { address, api } from "../api.js";
import { DiffSide } from "../parts/diff.js";
import { Empty, Failed } from "../parts/empty.js";
import { Skeleton } from "../parts/skeleton.js";
import { Sign, State } from "../parts/state.js";
import { ask, go } from "../router.js";
import { usePage } from "../shell/page.js";
import { ago, count, seconds, usd } from "../words.js";

export default function Compare({ query }) {
  const [said, setSaid] = useState(null);
  const [error, setError] = useState(null);
  const { one = "", other = "" } = query;
  useEffect(() => {
    setSaid(null);
    if (!one || !other) return;
    api.get(address("/api/diff", { one, other })).then((found) => (setSaid(found), setError(null)), setError);
  }, [one, other]);
  const keys = useMemo(() => [
    { key: "s", says: "Swap the runs", does: () => go(address("/compare", { one: other, other: one }), { replace: true }) },
    { key: "d", says: "Only what differs", does: () => ask({ all: query.all ? "" : "yes" }) },
  ], [one, other, query.all]);
  usePage({ title: "Compare", command: one && other ? `playnex run diff ${one.slice(-6)} ${other.slice(-6)}` : "playnex run diff", keys });
  if (!one || !other) return html`<${Choose} one=${one} other=${other} />`;
  if (error) return html`<${Failed} whole error=${error} />`;
  if (!said) return html`<div class="page compare"><${Skeleton} lines=${9} /></div>`;
  return html`<${Compared} said=${said} isAll=${Boolean(query.all)} ids=${[one, other]} />`;
}

function Compared({ said, isAll, ids }) {
  const changed = said.steps.filter((step) => !step.same);
  const inputs = Object.entries(said.inputs || {});
  const shown = isAll ? said.steps : changed;
  return html`<div class="compare">
    <header class="page-head"><h1>Compare</h1><span class="dim">${changed.length === 0 ? "no step differs" : `${changed.length} of ${said.steps.length} steps differ`}</span><span class="spring"></span>
      <div class="choice" role="group" aria-label="Steps"><button aria-pressed=${!isAll} onClick=${() => ask({ all: "" })}>What differs</button><button aria-pressed=${isAll} onClick=${() => ask({ all: "yes" })}>All steps</button></div></header>
    <div class="compare-body">
      <div class="compare-heads">${said.runs.map((run, index) => html`<${Side} key=${index} run=${run} id=${ids[index]} other=${said.runs[1 - index]} name=${index ? "B" : "A"} />`)}</div>
      ${inputs.length > 0 && html`<section class="compared"><header><h2>Inputs</h2></header>${inputs.map(([name, pair]) => html`<${Pair} key=${name} says=${name} one=${asText(pair[0])} other=${asText(pair[1])} />`)}</section>`}
      ${said.first && html`<p class="parts"><span>They part at <a href=${`#${said.first}`} onClick=${(event) => jump(event, said.first)}>${said.first}</a></span></p>`}
      ${shown.map((step) => html`<${Step} key=${step.step} step=${step} isFirst=${step.step === said.first} ids=${ids} />`)}
      ${shown.length === 0 && html`<${Empty} icon="check" title="Both runs did the same" text="Every step of both had the same result." />`}
    </div></div>`;
}

function jump(event, step) {
  event.preventDefault();
  event.stopPropagation();
  document.getElementById(`compared-${step}`)?.scrollIntoView({ block: "start", behavior: "smooth" });
}

const asText = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2));
const tokensOf = (run) => (run.usage ? (run.usage.input_tokens || 0) + (run.usage.output_tokens || 0) : 0);

function Side({ run, id, other, name }) {
  const [header, setHeader] = useState(null);
  useEffect(() => {
    api.get(`/api/runs/${id}`).then((said) => setHeader(said.header), () => {});
  }, [id]);
  return html`<section class="side" aria-label=${`Run ${name}`}><header><b class="side-letter">${name}</b><a class="cut" href=${`/runs/${id}`}>${header?.title || run.flow}</a><${State} state=${header?.shown_state || run.status} /></header>
    <p class="dim">${run.flow} · <code>${id.slice(-6)}</code>${header ? ` · ${ago(header.started)}` : ""}</p>
    <dl class="side-figures"><div><dt>Tokens</dt><dd class="num">${count(tokensOf(run))}${against(tokensOf(run), tokensOf(other), count)}</dd></div>
      <div><dt>Took</dt><dd class="num">${seconds(run.seconds)}${against(run.seconds, other.seconds, seconds)}</dd></div>
      <div><dt>Cost</dt><dd class="num">${usd(run.usage?.usd || 0)}${against(run.usage?.usd || 0, other.usage?.usd || 0, usd)}</dd></div>
      <div><dt>Requests</dt><dd class="num">${count(run.usage?.requests || 0)}</dd></div></dl></section>`;
}

function against(mine, theirs, shown) {
  const more = (mine || 0) - (theirs || 0);
  if (Math.abs(more) < 1e-9) return null;
  return html` <span class="against" data-tone=${more > 0 ? "wait" : "good"}>${more > 0 ? "+" : "−"}${shown(Math.abs(more))}</span>`;
}

function Step({ step, isFirst, ids }) {
  const [one, other] = step.runs;
  const prompts = Math.max(one?.prompts?.length || 0, other?.prompts?.length || 0);
  return html`<section class="compared" id=${`compared-${step.step}`} data-first=${isFirst ? "yes" : null}>
    <header><h2>${step.step}</h2>${isFirst && html`<span class="chip first">first difference</span>`}<span class="spring"></span>
      ${[one, other].map((run, index) => html`<span class="compared-side" key=${index}><b>${index ? "B" : "A"}</b>${run ? html`<a href=${`/runs/${ids[index]}?step=${encodeURIComponent(step.step)}`}><${Sign} state=${run.status} /> ${seconds(run.seconds)}</a>${run.tokens ? html`<span class="dim num">${count(run.tokens)} tok</span>` : null}` : html`<span class="dim">not done</span>`}</span>`)}</header>
    ${step.same ? html`<p class="none compared-same">the same result</p>` : html`
      ${Array.from({ length: prompts }, (_, index) => [one?.prompts?.[index] || "", other?.prompts?.[index] || ""]).map(([left, right], index) => left === right ? null : html`<${Pair} key=${index} says=${prompts > 1 ? `Prompt ${index + 1}` : "Prompt"} one=${left} other=${right} />`)}
      <${Pair} says="Output" one=${resultOf(one)} other=${resultOf(other)} />`}
  </section>`;
}

const resultOf = (run) => (run ? asText(run.output) || run.message || run.reason || "" : "");

function Pair({ says, one, other }) {
  if (one === other) return one ? html`<div class="pair same"><h3>${says}</h3><p class="none">the same</p></div>` : null;
  return html`<div class="pair"><h3>${says}</h3><div class="pair-sides"><${DiffSide} one=${one} other=${other} side="one" /><${DiffSide} one=${one} other=${other} side="other" /></div></div>`;
}

function Choose({ one, other }) {
  const [runs, setRuns] = useState([]);
  useEffect(() => {
    api.get(address("/api/runs", { limit: 100 })).then((said) => setRuns(said.runs), () => {});
  }, []);
  const pick = (name, value) => html`<label class="field"><span>${name === "one" ? "A" : "B"}</span><select class="select" value=${value} onChange=${(event) => ask({ [name]: event.target.value })}>
    <option value="">Choose a run</option>${runs.map((row) => html`<option key=${row.run} value=${row.run}>${row.title || row.flow} · ${row.short}</option>`)}</select></label>`;
  return html`<${Empty} icon="compare" whole title="Which two runs?" text="Choose them here, or in the list of runs."><div class="compare-choose">${pick("one", one)}${pick("other", other)}</div><//>`;
}
