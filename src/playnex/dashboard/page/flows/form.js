// The form that starts a flow, made from its inputs: each with its type, choices and default; what the flow cannot do without is required.
import { html, useEffect, useRef, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Icon } from "../parts/icon.js";
import { go } from "../router.js";

const HINTS = { list: "a JSON list, or one item a line", map: "a JSON object", file: "a path, from the workspace on", folder: "a path, from the workspace on" };
const NUMBER = { integer: "1", number: "any" };

const textOf = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

export function RunForm({ flow, from }) {
  const [given, setGiven] = useState({});
  const [fault, setFault] = useState(null);
  const [busy, setBusy] = useState(false);
  const source = useSource(from, flow.inputs, setGiven);
  const set = (name, value) => setGiven((before) => ({ ...before, [name]: value }));
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      const { run } = await api.post("/api/runs", { flow: flow.name, inputs: inputsOf(flow.inputs, given) });
      go(`/runs/${run}`);
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  };
  return html`<form class="run-form" onSubmit=${submit} aria-label=${`Start ${flow.name}`}>
    <h2>Start it</h2>
    ${source && html`<p class="run-from"><${Icon} name="capsule" size=${14} /><span>From <a href=${`/capsules/${source.name}`}>${source.name}</a>. ${source.note}</span></p>`}
    ${flow.inputs.length === 0 && html`<p class="dim">It needs nothing.</p>`}
    ${flow.inputs.map((input) => html`<${Field} key=${input.name} input=${input} value=${given[input.name]} onChange=${(value) => set(input.name, value)} />`)}
    ${fault && html`<p class="bad" role="alert">${fault.message}${fault.hint && html`<br /><small>${fault.hint}</small>`}</p>`}
    <button class="button primary" disabled=${busy || flow.document === null}><${Icon} name="play" />Start the run</button></form>`;
}

// A capsule that one goes on from fills the first text that fits. Text that is labelled is not passed off as a person's own: then only its
// name is given, and an agent that may read it finds it.
function useSource(from, inputs, setGiven) {
  const [source, setSource] = useState(null);
  const done = useRef("");
  useEffect(() => {
    if (!from || done.current === from) return;
    done.current = from;
    api.get(`/api/capsules/${from.split("/").map(encodeURIComponent).join("/")}`).then((capsule) => {
      const texts = inputs.filter((input) => input.type === "string" && !input.choices.length);
      const fits = texts.find((input) => capsule.labels.every((label) => input[label])) || null;
      const target = fits || texts.find((input) => input.required) || texts[0];
      if (!target) return setSource({ name: capsule.name, note: "The flow takes no text; nothing was filled in." });
      setGiven((before) => ({ ...before, [target.name]: fits ? capsule.body : capsule.name }));
      setSource({ name: capsule.name, note: fits ? `Its text stands in ${target.name}.` : `It is ${capsule.labels.join(" and ")}, so only its name stands in ${target.name}.` });
    }, (error) => setSource({ name: from, note: error.message }));
  }, [from]);
  return source;
}

// What was touched is sent; the rest are the flow's own defaults.
function inputsOf(inputs, given) {
  const found = {};
  for (const input of inputs) {
    const value = given[input.name];
    if (value === undefined || (value === "" && !input.required)) continue;
    found[input.name] = input.type === "list" || input.type === "map" ? structured(input, value) : value;
  }
  return found;
}

function structured(input, text) {
  try {
    return JSON.parse(text);
  } catch {
    return input.type === "list" ? text.split("\n").map((line) => line.trim()).filter(Boolean) : text;
  }
}

function Field({ input, value, onChange }) {
  const id = `input-${input.name}`;
  const shown = value ?? textOf(input.default);
  const says = html`<label for=${id}><b>${input.name}</b>${input.required && html`<span class="needed"> required</span>`}<span class="dim"> ${input.choices.length ? "one of" : input.type}</span>${input.private && html`<span class="chip">private</span>`}</label>`;
  const about = { id, required: input.required, "aria-describedby": input.description ? `${id}-says` : null };
  const typed = (event) => onChange(event.target.value);
  const control = input.choices.length ? html`<select class="select" ...${about} value=${shown} onChange=${typed}>${!input.required && input.default === null && html`<option value=""></option>`}${input.choices.map((choice) => html`<option key=${choice} selected=${choice === shown}>${choice}</option>`)}</select>`
    : input.type === "boolean" ? html`<select class="select" ...${about} value=${String(shown)} onChange=${typed}>${!input.required && input.default === null && html`<option value=""></option>`}<option value="true" selected=${String(shown) === "true"}>yes</option><option value="false" selected=${String(shown) === "false"}>no</option></select>`
    : NUMBER[input.type] ? html`<input class="input num" type="number" step=${NUMBER[input.type]} ...${about} value=${shown} onInput=${typed} />`
    : html`<textarea class=${HINTS[input.type] ? "input mono" : "input"} rows=${input.type === "file" || input.type === "folder" ? 1 : (HINTS[input.type] ? 2 : Math.min(8, String(shown).split("\n").length))} placeholder=${HINTS[input.type] || ""} ...${about} value=${shown} onInput=${typed}></textarea>`;
  return html`<div class="field">${says}${control}${input.description && html`<small id=${`${id}-says`}>${input.description}</small>`}</div>`;
}
