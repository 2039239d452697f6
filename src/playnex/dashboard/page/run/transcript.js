// The whole run as a conversation: who was told what, what was said, called and decided, in order.
import { html, useEffect, useRef, useState } from "../vendor/playnex-vendor.js";
import { address, api } from "../api.js";
import { Empty, Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Markdown } from "../parts/markdown.js";
import { Shown } from "../parts/shown.js";
import { Skeleton } from "../parts/skeleton.js";
import { clock, count } from "../words.js";
import { topOf } from "./actions.js";

const SOON = 400;
const LONG = 900;

export default function Transcript({ store, selected, onSelect }) {
  const [entries, setEntries] = useState(null);
  const [error, setError] = useState(null);
  const box = useRef(null);
  const header = store.header.value;
  useEffect(() => {
    const stop = new AbortController();
    const later = setTimeout(() => {
      api.get(address(`/api/runs/${store.run}/transcript`), { signal: stop.signal }).then(
        (said) => setEntries(said.items || []),
        (fault) => fault.name !== "AbortError" && setError(fault),
      );
    }, entries ? SOON : 0);
    return () => (clearTimeout(later), stop.abort());
  }, [header.tokens, header.state, header.requests, header.last]);
  useEffect(() => {
    if (!selected) return;
    const found = [...(box.current?.querySelectorAll("[data-step]") || [])].find((one) => isOf(one.dataset.step, selected));
    found?.scrollIntoView({ block: "start", behavior: "smooth" });
  }, [selected, entries === null]);
  if (error) return html`<${Failed} error=${error} />`;
  if (!entries) return html`<div class="transcript"><${Skeleton} lines=${8} /></div>`;
  if (!entries.length) return html`<${Empty} icon="chat" title="Nothing was said yet" text="What agents are told, say and call appears here as it happens." />`;
  return html`<section class="transcript" aria-label="Transcript" tabindex="0" ref=${box}>${entries.map((entry, index) => html`<${Entry} key=${index} entry=${entry} before=${entries[index - 1]} store=${store} selected=${selected} onSelect=${onSelect} />`)}</section>`;
}

const isOf = (step, selected) => step === selected || step.startsWith(`${selected}/`);

function Entry({ entry, before, store, selected, onSelect }) {
  const top = topOf(entry.step || "");
  const isNew = top !== topOf(before?.step || "");
  const row = store.rows.get(top)?.value;
  return html`${isNew && top && html`<h2 class="transcript-step" data-step=${entry.step}><button class="link" aria-pressed=${selected === top} onClick=${() => onSelect(top)}>${row?.name || top}</button><span class="dim">${clock(entry.at)}</span></h2>`}
    <article class="said" data-kind=${entry.kind} data-chosen=${selected && isOf(entry.step || "", selected) ? "yes" : null}><${Body} entry=${entry} /></article>`;
}

const WHO = { told: ["user", "Prompt"], said: ["model", ""], call: ["tool", ""], result: ["tool", ""], "failed-try": ["alert", "A try failed"], question: ["approve", "Asks a person"], answer: ["approve", ""], agent: ["agents", ""] };

function Body({ entry }) {
  const [icon, says] = WHO[entry.kind] || ["step", entry.kind];
  const name = entry.kind === "told" ? (entry.phase === "instructions" ? "Instructions" : entry.who || "Prompt") : entry.kind === "call" ? `${entry.who} is called` : entry.kind === "result" ? `${entry.who} answers` : [entry.who, says].filter(Boolean).join(" · ");
  if (entry.kind === "agent") return html`<header><${Icon} name=${icon} size=${14} /><b>${entry.who}</b><span class="dim">takes the step</span></header>`;
  return html`<header><${Icon} name=${icon} size=${14} /><b>${name}</b>${entry.status && entry.status !== "succeeded" && html`<span class="dim">${entry.status}</span>`}${entry.tokens > 0 && html`<span class="dim num">${count(entry.tokens)} tok</span>`}${entry.left_machine && html`<span class="chip"><${Icon} name="out" />left this machine</span>`}</header>
    <${Words} entry=${entry} />`;
}

// An answer that is a JSON object is easier read as a tree.
function asJson(text) {
  if (!/^\s*[{[]/.test(text)) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function Words({ entry }) {
  const [all, setAll] = useState(false);
  const text = entry.text || "";
  const cut = !all && text.length > LONG;
  const isPlain = entry.kind === "told" || entry.kind === "failed-try";
  const has = entry.value !== null && entry.value !== undefined;
  const parsed = entry.kind === "said" ? asJson(text) : null;
  if (parsed) return html`<${Shown} value=${parsed} label="Value" />`;
  return html`${text && (isPlain ? html`<p class="said-plain">${cut ? text.slice(0, LONG) : text}</p>` : html`<${Markdown} text=${cut ? text.slice(0, LONG) : text} />`)}
    ${cut && html`<button class="link" onClick=${() => setAll(true)}>… ${count(text.length - LONG)} characters more</button>`}
    ${has && html`<${Shown} value=${entry.value} label="Value" />`}`;
}
