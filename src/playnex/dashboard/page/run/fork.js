// Fork from here: another prompt, input or model, and what of the old run is kept.
import { html, useEffect, useMemo, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { CodeBlock } from "../parts/code.js";
import { Dialog } from "../parts/dialog.js";
import { Failed } from "../parts/empty.js";
import { Skeleton } from "../parts/skeleton.js";
import { toast, toastError } from "../parts/toasts.js";
import { go } from "../router.js";
import { topOf } from "./actions.js";

const SOON = 250;

export default function ForkDialog({ store, step, onClose }) {
  const header = store.header.value;
  const [from, setFrom] = useState(topOf(step));
  const [defined, setDefined] = useState(null);
  const [typed, setTyped] = useState({});
  const [plan, setPlan] = useState(null);
  const [fault, setFault] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    api.get(`/api/runs/${store.run}/definition`).then((said) => setDefined(placesOf(said)), () => setDefined(placesOf({})));
  }, []);
  const changes = useMemo(() => changesOf(typed, header.inputs), [typed]);
  useEffect(() => {
    const later = setTimeout(() => api.post(`/api/runs/${store.run}/fork-plan`, { step: from, changes }).then((said) => (setPlan(said), setFault(null)), setFault), SOON);
    return () => clearTimeout(later);
  }, [from, changes]);
  const start = () => {
    setBusy(true);
    api.post(`/api/runs/${store.run}/fork`, { step: from, changes }).then((said) => (toast("A new run has begun"), onClose(), go(`/runs/${said.run}`)), (error) => (setBusy(false), toastError(error)));
  };
  const set = (name) => (event) => setTyped({ ...typed, [name]: event.target.value });
  const top = store.keys.value.map((key) => store.row(key)).filter((row) => !row.parent);
  return html`<${Dialog} title="Fork this run" wide onClose=${onClose}>
    <div class="dialog-body fork">
      <div class="fork-form">
        <label class="field"><span>From step</span><select class="select" autofocus value=${from} onChange=${(event) => setFrom(event.target.value)}>${top.map((row) => html`<option key=${row.key} value=${row.key}>${row.name}</option>`)}</select></label>
        ${!defined ? html`<${Skeleton} lines=${4} />` : html`<${Fields} defined=${defined} from=${from} row=${store.row(from)} typed=${typed} set=${set} />`}
        <fieldset><legend>Inputs</legend>${Object.entries(header.inputs || {}).map(([name, value]) => html`<label class="field" key=${name}><span>${name}</span>
          <textarea class="input" rows=${text(value).length > 80 ? 3 : 1} value=${typed[name] ?? text(value)} onInput=${set(name)}></textarea></label>`)}</fieldset>
      </div>
      <div class="fork-plan" aria-live="polite"><h3>What happens</h3>
        ${fault ? html`<${Failed} error=${fault} />` : !plan ? html`<${Skeleton} lines=${4} />` : html`<${Plan} plan=${plan} store=${store} />`}</div>
    </div>
    <footer class="dialog-foot"><span class="dim fork-note">The old run stays as it is.</span><button class="button" onClick=${onClose}>Back</button><button class="button primary" disabled=${busy || Boolean(fault)} onClick=${start}>Start the fork</button></footer>
  <//>`;
}

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));

// An input that was a number or a list before is read as JSON again.
function changesOf(typed, inputs) {
  const changes = {};
  for (const [name, value] of Object.entries(typed)) {
    const before = inputs?.[name];
    if (before === undefined || typeof before === "string") {
      if (value !== before) changes[name] = value;
      continue;
    }
    try {
      if (JSON.stringify(JSON.parse(value)) !== JSON.stringify(before)) changes[name] = JSON.parse(value);
    } catch {
      changes[name] = value;
    }
  }
  return changes;
}

// The definition that the run pinned: steps by id, agents by name.
function placesOf(said) {
  const pinned = said.definition || said.document || said;
  const steps = pinned.flow?.steps || pinned.steps || [];
  return { steps: new Map(steps.map((one) => [one.id, one])), agents: pinned.agents || {} };
}

function Fields({ defined, from, row, typed, set }) {
  const step = defined.steps.get(from) || {};
  const agent = step.kind === "agent" || row?.kind === "agent" ? step.target || step.agent || row?.actor : "";
  const [prompt, model, said] = [`steps.${from}.prompt`, `agents.${agent}.model`, `agents.${agent}.instructions`];
  const about = defined.agents[agent] || {};
  return html`${typeof step.prompt === "string" && step.prompt !== "" && html`<label class="field"><span>Prompt</span><textarea class="input mono" rows="8" value=${typed[prompt] ?? step.prompt} onInput=${set(prompt)}></textarea></label>`}
    ${agent && html`<label class="field"><span>Model of ${agent}</span><input class="input mono" value=${typed[model] ?? about.model ?? ""} placeholder="as before" onInput=${set(model)} /></label>
      ${typeof about.instructions === "string" && html`<details><summary>Instructions of ${agent}</summary><textarea class="input mono" rows="6" aria-label=${`Instructions of ${agent}`} value=${typed[said] ?? about.instructions} onInput=${set(said)}></textarea></details>`}`}`;
}

function Plan({ plan, store }) {
  const name = (key) => store.rows.get(key)?.value.name || key;
  return html`<p><b class="num">${plan.kept.length}</b> ${plan.kept.length === 1 ? "result is" : "results are"} kept</p><ul class="fork-steps" data-tone="good">${plan.kept.map((key) => html`<li key=${key}><i aria-hidden="true">✓</i>${name(key)}</li>`)}</ul>
    <p><b class="num">${plan.reruns.length}</b> ${plan.reruns.length === 1 ? "step runs" : "steps run"} anew</p><ul class="fork-steps" data-tone="busy">${plan.reruns.map((key) => html`<li key=${key}><i aria-hidden="true">↻</i>${name(key)}</li>`)}</ul>
    ${plan.command && html`<${CodeBlock} text=${plan.command} label="Command" />`}`;
}
