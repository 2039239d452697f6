// Starting a flow: a form made from its inputs. ⌘K opens it, and so may any page by startFlow(name) of open.js.
import { html, useEffect, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Dialog } from "../parts/dialog.js";
import { Failed } from "../parts/empty.js";
import { Skeleton } from "../parts/skeleton.js";
import { toast } from "../parts/toasts.js";
import { go } from "../router.js";
import { starting } from "./open.js";

export default function Start({ flow }) {
  const [inputs, setInputs] = useState(null);
  const [values, setValues] = useState({});
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const close = () => (starting.value = "");
  useEffect(() => {
    api.get(`/api/flows/${encodeURIComponent(flow)}`).then((said) => setInputs(said.inputs || []), setError);
  }, [flow]);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const said = await api.post("/api/runs", { flow, inputs: givenOf(inputs, values), key });
      close();
      toast("It has begun");
      go(`/runs/${said.run}`);
    } catch (fault) {
      setBusy(false);
      setError(fault);
    }
  };
  return html`<${Dialog} title=${`Run ${flow}`} onClose=${close}><form onSubmit=${submit}>
    <div class="dialog-body">${error && !inputs ? html`<${Failed} error=${error} />` : !inputs ? html`<${Skeleton} lines=${4} />` : html`<${Inputs} inputs=${inputs} values=${values} onChange=${setValues} />`}
      ${error && inputs && html`<p class="form-fault" role="alert">${error.message}${error.hint && html`<small>${error.hint}</small>`}${error.faults.map((fault, index) => html`<small key=${index}>${fault.message || String(fault)}</small>`)}</p>`}</div>
    <footer class="dialog-foot"><button class="button" type="button" onClick=${close}>Back</button><button class="button primary" disabled=${busy || !inputs}>Start</button></footer>
  </form><//>`;
}

export function Inputs({ inputs, values, onChange }) {
  useEffect(() => document.querySelector("dialog[open] [autofocus]")?.focus(), []);
  if (!inputs.length) return html`<p class="dim">This flow needs nothing: it can start at once.</p>`;
  return inputs.map((one, index) => html`<${Input} key=${one.name} one=${one} isFirst=${index === 0} value=${values[one.name]} onInput=${(value) => onChange({ ...values, [one.name]: value })} />`);
}

const shownDefault = (one) => (one.default === null || one.default === undefined ? "" : typeof one.default === "string" ? one.default : JSON.stringify(one.default));

function Input({ one, value, onInput, isFirst }) {
  const about = { class: "input", name: one.name, required: one.required, autofocus: isFirst, "aria-describedby": one.description ? `about-${one.name}` : null };
  const typed = (event) => onInput(event.target.value);
  let box;
  if (one.choices?.length) box = html`<select ...${about} class="select" value=${value ?? one.default ?? ""} onChange=${typed}>${!one.default && html`<option value="">Choose</option>`}${one.choices.map((word) => html`<option key=${word} value=${word}>${word}</option>`)}</select>`;
  else if (one.type === "boolean") box = html`<input ...${about} class="" required=${false} type="checkbox" checked=${value ?? one.default ?? false} onChange=${(event) => onInput(event.target.checked)} />`;
  else if (one.type === "integer" || one.type === "number") box = html`<input ...${about} type="number" step=${one.type === "integer" ? 1 : "any"} value=${value ?? ""} placeholder=${shownDefault(one)} onInput=${typed} />`;
  else box = html`<textarea ...${about} class=${one.type === "string" ? "input" : "input mono"} rows=${one.type === "list" || one.type === "map" ? 3 : 2} value=${value ?? ""} placeholder=${shownDefault(one)} onInput=${typed}></textarea>`;
  return html`<label class="field"><span>${one.name}${one.required ? "" : html` <em class="dim">optional</em>`}</span>${box}${one.description && html`<small id=${`about-${one.name}`}>${one.description}</small>`}</label>`;
}

// What was typed, in the input's type; what cannot be read is sent as text, so that the server says what is wrong with it.
export function givenOf(inputs, values) {
  const given = {};
  for (const one of inputs) {
    const value = values[one.name];
    if (value === undefined || value === "") continue;
    given[one.name] = ["integer", "number", "list", "map"].includes(one.type) ? parsed(value) : value;
  }
  return given;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
