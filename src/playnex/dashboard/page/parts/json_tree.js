// JSON as a tree that opens and closes. Long arrays and texts are cut until asked for.
import { html, useState } from "../vendor/playnex-vendor.js";

const MANY = 100;
const LONG = 400;

export function JsonTree({ value, open = 2 }) {
  return html`<div class="json" role="group" aria-label="JSON"><${Value} value=${value} depth=${0} open=${open} /></div>`;
}

function Value({ name, value, depth, open }) {
  if (value !== null && typeof value === "object") return html`<${Branch} ...${{ name, value, depth, open }} />`;
  return html`<div class="json-line"><${Name} name=${name} /><${Leaf} value=${value} /></div>`;
}

const Name = ({ name }) => (name === undefined ? null : html`<span class="json-name">${name}</span><span class="json-dim">: </span>`);

function Branch({ name, value, depth, open }) {
  const [isOpen, setOpen] = useState(depth < open);
  const [all, setAll] = useState(false);
  const isList = Array.isArray(value);
  const entries = isList ? value.map((one, index) => [index, one]) : Object.entries(value);
  const shown = all ? entries : entries.slice(0, MANY);
  const [left, right] = isList ? ["[", "]"] : ["{", "}"];
  if (!entries.length) return html`<div class="json-line"><${Name} name=${name} /><span class="json-dim">${left}${right}</span></div>`;
  return html`<div class="json-branch">
    <button class="json-line json-turn" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>
      <i aria-hidden="true">${isOpen ? "▾" : "▸"}</i><${Name} name=${name} /><span class="json-dim">${left}${isOpen ? "" : `… ${entries.length} ${isList ? "items" : "fields"} ${right}`}</span></button>
    ${isOpen && html`<div class="json-inside">${shown.map(([key, one]) => html`<${Value} key=${key} name=${key} value=${one} depth=${depth + 1} open=${open} />`)}
      ${shown.length < entries.length && html`<button class="link" onClick=${() => setAll(true)}>${entries.length - shown.length} more</button>`}</div>
    <div class="json-line json-dim">${right}</div>`}</div>`;
}

function Leaf({ value }) {
  const [all, setAll] = useState(false);
  if (typeof value === "string") {
    const cut = !all && value.length > LONG;
    return html`<span class="json-text">"${cut ? value.slice(0, LONG) : value}"</span>${cut && html`<button class="link" onClick=${() => setAll(true)}> … ${value.length - LONG} more</button>`}`;
  }
  return html`<span class=${value === null ? "json-dim" : "json-value"}>${String(value)}</span>`;
}
