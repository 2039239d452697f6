// What a model was sent, as it was sent, with the places marked that came from a step or an input; a click goes there.
import { html, useState } from "../vendor/playnex-vendor.js";
import { CodeBlock } from "../parts/code.js";

export function Prompts({ detail, onSelect }) {
  const prompts = detail.prompts || [];
  const [at, setAt] = useState(0);
  if (!prompts.length) return html`<p class="none">No model was asked yet.</p>`;
  const prompt = prompts[Math.min(at, prompts.length - 1)];
  const variables = (prompt.variables || []).filter((one) => one.text);
  return html`${prompts.length > 1 && html`<div class="choice prompt-choice" role="group" aria-label="Request">${prompts.map((one, index) => html`<button key=${index} aria-pressed=${index === at} onClick=${() => setAt(index)}>${one.phase && one.phase !== "act" ? one.phase : `turn ${index + 1}`}</button>`)}</div>`}
    <p class="chips">${prompt.model && html`<span class="chip">${prompt.model}</span>`}${(prompt.tools || []).map((tool) => html`<span class="chip" key=${nameOf(tool)}>${nameOf(tool)}</span>`)}</p>
    ${variables.length > 0 && html`<div class="sources"><h3>Comes from</h3><ul>${variables.map((one) => html`<li key=${one.name + one.from}><${Source} one=${one} onSelect=${onSelect} /></li>`)}</ul></div>`}
    ${prompt.instructions && html`<section class="message"><h3>Instructions</h3><${Marked} text=${prompt.instructions} variables=${variables} onSelect=${onSelect} /></section>`}
    ${(prompt.messages || []).map((message, index) => html`<section class="message" key=${index} data-role=${message.role}><h3>${message.role}${message.name ? ` · ${message.name}` : ""}</h3>
      ${textOf(message) ? html`<${Marked} text=${textOf(message)} variables=${variables} onSelect=${onSelect} />` : html`<${CodeBlock} text=${JSON.stringify(message, null, 2)} label="Message" />`}</section>`)}`;
}

const nameOf = (tool) => (typeof tool === "string" ? tool : tool.name || tool.tool || "tool");
const textOf = (message) => (typeof message.text === "string" ? message.text : typeof message.content === "string" ? message.content : "");
const stepOf = (from) => (from || "").replace(/^steps\./, "").split(".")[0];
const isStep = (from) => Boolean(from) && !/^(inputs?|run|agents|item)(\.|$)/.test(from);

function Source({ one, onSelect }) {
  const says = html`<code>${one.name}</code> <span class="dim">${count(one.text)}</span>`;
  return isStep(one.from) ? html`<button class="link" onClick=${() => onSelect(stepOf(one.from))}>${says}</button>` : says;
}

const count = (text) => `${text.length} ${text.length === 1 ? "character" : "characters"}`;

// The text cut where a variable's text stands in it. Short texts are not looked for: they would be found everywhere.
export function pieces(text, variables) {
  const found = [];
  for (const one of [...variables].sort((a, b) => b.text.length - a.text.length)) {
    const at = one.text.length > 3 ? text.indexOf(one.text) : -1;
    if (at >= 0 && !found.some((other) => at < other.to && at + one.text.length > other.from)) found.push({ from: at, to: at + one.text.length, one });
  }
  const out = [];
  let place = 0;
  for (const { from, to, one } of found.sort((a, b) => a.from - b.from)) {
    if (from > place) out.push({ text: text.slice(place, from) });
    out.push({ text: text.slice(from, to), one });
    place = to;
  }
  if (place < text.length) out.push({ text: text.slice(place) });
  return out;
}

function Marked({ text, variables, onSelect }) {
  return html`<div class="prompt-text">${pieces(text, variables).map((piece, index) => {
    if (!piece.one) return piece.text;
    if (!isStep(piece.one.from)) return html`<mark key=${index} title=${piece.one.name}>${piece.text}</mark>`;
    const go = () => onSelect(stepOf(piece.one.from));
    return html`<mark key=${index} class="traced" role="link" tabindex="0" title=${`from ${piece.one.name}`} onClick=${go} onKeyDown=${(event) => event.key === "Enter" && go()}>${piece.text}</mark>`;
  })}</div>`;
}
