// The inspector: all that is known of the chosen step, or of the run where none is chosen.
import { html, useEffect, useState } from "../vendor/playnex-vendor.js";
import { address, api } from "../api.js";
import { Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Skeleton } from "../parts/skeleton.js";
import { State } from "../parts/state.js";
import { Tabs } from "../parts/tabs.js";
import { lasting } from "../now.js";
import { ask } from "../router.js";
import { count, seconds, usd } from "../words.js";
import { Overview } from "./overview.js";
import { Attempts, Input, Items, Log, Memory, Output, Tools } from "./step_tabs.js";
import { Prompts } from "./prompts.js";
import { Waiting } from "./waiting.js";

const SOON = 250; // milliseconds after a change before the step is asked for again

export function Inspector({ store, selected, tab, onSelect, onFork }) {
  const row = selected && store.row(selected);
  if (!row) return html`<${Overview} store=${store} onSelect=${onSelect} missing=${selected} />`;
  return html`<${OneStep} key=${selected} store=${store} row=${row} tab=${tab} onSelect=${onSelect} onFork=${onFork} />`;
}

function OneStep({ store, row, tab, onSelect, onFork }) {
  const { detail, error, again } = useDetail(store, row);
  const many = row.items || store.below(row.key).some((key) => key.includes("/item-"));
  const tabs = tabsOf(row, detail, many);
  const at = tabs.some((one) => one.id === tab) ? tab : tabs[0].id;
  return html`<div class="inspector">
    <header class="inspector-head">
      <div class="inspector-title"><h2 class="cut" title=${row.key}>${row.name}</h2>
        <button class="icon-button" aria-label="Fork from here" title="Fork from here (f)" onClick=${onFork}><${Icon} name="fork" /></button>
        <button class="icon-button" aria-label="Close the step" title="Close (Esc)" onClick=${() => onSelect("")}><${Icon} name="close" /></button></div>
      <div class="chips"><${State} state=${row.status} />${row.actor && html`<span class="chip"><${Icon} name=${row.kind} /><span class="cut">${row.actor}</span></span>`}
        ${row.model && html`<span class="chip"><span class="cut">${row.model}</span></span>`}
        ${row.tokens > 0 && html`<span class="chip num">${count(row.tokens)} tok</span>`}${row.usd > 0 && html`<span class="chip num">${usd(row.usd)}</span>`}<${Took} row=${row} />
        ${row.left_machine && html`<span class="chip" data-tone="wait"><${Icon} name="out" />left this machine</span>`}
        ${row.parent && html`<button class="chip link" onClick=${() => onSelect(row.parent)}>in ${row.parent}</button>`}</div>
      ${row.note && !row.ask && html`<p class="note" data-tone=${row.status === "failed" ? "bad" : "wait"}>${row.note}</p>`}
    </header>
    ${row.ask && store.frame.value === null && html`<${Waiting} store=${store} rows=${[row]} />`}
    <${Tabs} tabs=${tabs} at=${at} onChange=${(next) => ask({ tab: next === tabs[0].id ? "" : next })} label="About the step">
      ${error ? html`<${Failed} error=${error} onRetry=${again} />` : at === "items" ? html`<${Items} store=${store} row=${row} onSelect=${onSelect} />` : !detail ? html`<${Skeleton} lines=${7} />` : body(at, { detail, row, store, onSelect })}
    <//>
  </div>`;
}

function Took({ row }) {
  const took = row.seconds ?? (row.began === null ? null : lasting(row.began, row.ended));
  return took === null ? null : html`<span class="chip num">${seconds(took)}</span>`;
}

function tabsOf(row, detail, many) {
  const isAgent = row.kind !== "tool" && row.kind !== "approve" && row.kind !== "wait";
  const tools = detail?.tools?.length || 0;
  return [
    many && { id: "items", says: "Items", count: row.items?.total },
    { id: "output", says: "Output" },
    { id: "input", says: "Input" },
    isAgent && { id: "prompt", says: "Prompt", count: detail?.prompts?.length > 1 ? detail.prompts.length : 0 },
    isAgent && { id: "tools", says: "Tools", count: tools },
    { id: "attempts", says: "Attempts", count: row.attempts.length ? row.attempts.length + 1 : 0 },
    { id: "log", says: "Log" },
    isAgent && { id: "memory", says: "Memory" },
  ].filter(Boolean);
}

function body(at, about) {
  const Shown = { output: Output, input: Input, prompt: Prompts, tools: Tools, attempts: Attempts, log: Log, memory: Memory }[at];
  return html`<${Shown} ...${about} />`;
}

// Asked for when the step is chosen, and again when its row has changed.
function useDetail(store, row) {
  const [detail, setDetail] = useState(null);
  const [error, setError] = useState(null);
  const [asks, setAsks] = useState(0);
  const changed = `${row.status} ${row.tokens} ${row.gist} ${row.attempts.length} ${row.ended}`;
  useEffect(() => {
    const stop = new AbortController();
    const later = setTimeout(() => {
      api.get(address(`/api/runs/${store.run}/step`, { key: row.key }), { signal: stop.signal }).then(
        (said) => (setDetail(said), setError(null)),
        (fault) => fault.name !== "AbortError" && (detail || setError(fault)),
      );
    }, detail ? SOON : 0);
    return () => (clearTimeout(later), stop.abort());
  }, [changed, asks]);
  return { detail, error, again: () => setAsks(asks + 1) };
}
