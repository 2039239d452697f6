// What waits for a person, with the whole action, and the ways to answer it. Nothing is decided by doing nothing.
import { html, useEffect, useMemo, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { useKeys } from "../keys.js";
import { ago, fullMoment } from "../words.js";
import { Icon } from "./icon.js";
import { Shown } from "./shown.js";
import { toast, toastError } from "./toasts.js";

const textOf = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function valueOf(text, shown) {
  if (typeof shown === "string") return { value: text };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { fault: error.message };
  }
}

// item: one of GET /api/inbox, or the beginning of one without an id, which cannot be answered yet; `onDone(item)` is called when the answer
// was taken. `here`: it stands on the page of its run, which says the rest.
export function Ask({ item, onDone, withKeys = false, level = 2, here = false }) {
  const [mode, setMode] = useState("");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => (setMode(""), setText(""), setBusy(false)), [item.id, item.since]);
  const say = (body, done) => {
    setBusy(true);
    api.post(`/api/inbox/${item.id.split("/").map(encodeURIComponent).join("/")}`, body).then(
      () => (toast(done), onDone?.(item)),
      (error) => (setBusy(false), toastError(error)),
    );
  };
  const open = (next, first = "") => (setMode(next), setText(first));
  const ways = { item, mode, text, setText, busy: busy || !item.id, say, open };
  return html`<article class=${here ? "ask here" : "ask"} aria-label=${`Waiting: ${item.message}`}>
    <${`h${level}`} class="ask-message">${item.message}<//>
    ${!here && html`<${Facts} item=${item} />`}
    ${mode !== "edit" && html`<div class="ask-show"><${Shown} value=${item.show} label="What is asked" /></div>`}
    ${item.more && mode !== "edit" && html`<details class="ask-more"><summary>Why it asks, and what else is known</summary><${Shown} value=${item.more} label="What else is known" /></details>`}
    ${item.kind === "approval" ? html`<${Approval} ...${ways} withKeys=${withKeys} />` : item.kind === "outcome" ? html`<${Outcome} ...${ways} />` : html`<${Parked} ...${ways} />`}
  </article>`;
}

function Facts({ item }) {
  return html`<p class="ask-facts">
    <a class="chip" href=${`/runs/${item.run}${item.key || item.step ? `?step=${encodeURIComponent(item.step)}` : ""}`}><${Icon} name="runs" />${item.flow} <span class="mono">${item.run.slice(-6)}</span></a>
    ${item.actor && html`<span class="chip"><${Icon} name="agent" />${item.actor}</span>`}
    ${item.step && html`<span class="chip mono cut" title=${item.step}>${item.step}</span>`}
    <span class="dim" title=${fullMoment(item.since)}>asked ${ago(item.since)}</span>
    ${item.until && html`<span class="dim" title=${fullMoment(item.until)}>after ${fullMoment(item.until)} it counts as a no</span>`}</p>`;
}

function Approval({ item, mode, text, setText, busy, say, open, withKeys }) {
  const { value, fault } = mode === "edit" ? valueOf(text, item.show) : {};
  const approve = () => say({ decision: "approve" }, "Approved");
  const keys = useMemo(() => (!withKeys || mode ? [] : [
    { key: "a", says: "Approve", does: approve },
    ...(item.editable ? [{ key: "e", says: "Edit and approve", does: () => open("edit", textOf(item.show)) }] : []),
    { key: "f", says: "Refuse", does: () => open("refuse") },
  ]), [withKeys, mode, item.id]);
  useKeys(keys);
  if (mode === "edit") {
    const send = () => say({ decision: "approve", value }, "Approved as you changed it");
    return html`<label class="field"><span>Approve this instead</span>
        <textarea class="input mono" rows=${Math.min(18, text.split("\n").length + 2)} value=${text} autofocus ref=${focused} spellcheck="false" aria-invalid=${Boolean(fault)}
          onInput=${(event) => setText(event.target.value)} onKeyDown=${(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && !fault && send()}></textarea>
        ${fault && html`<small class="bad" role="alert">${fault}</small>`}</label>
      <div class="ask-buttons"><button class="button primary" disabled=${busy || Boolean(fault)} onClick=${send}>Approve as changed</button><button class="button ghost" onClick=${() => open("")}>Back</button></div>`;
  }
  if (mode === "refuse") {
    const send = (event) => (event.preventDefault(), say({ decision: "refuse", reason: text }, "Refused"));
    return html`<form onSubmit=${send}><label class="field"><span>Why not</span>
        <input class="input" value=${text} ref=${focused} placeholder="The run's record keeps it, and the agent reads it" onInput=${(event) => setText(event.target.value)} /></label>
      <div class="ask-buttons"><button class="button danger" disabled=${busy}>Refuse</button><button type="button" class="button ghost" onClick=${() => open("")}>Back</button></div></form>`;
  }
  return html`<div class="ask-buttons">
    <button class="button primary" disabled=${busy} onClick=${approve}><${Icon} name="check" />Approve${withKeys && html`<kbd>a</kbd>`}</button>
    ${item.editable && html`<button class="button" disabled=${busy} onClick=${() => open("edit", textOf(item.show))}><${Icon} name="edit" />Edit and approve${withKeys && html`<kbd>e</kbd>`}</button>`}
    <button class="button danger" disabled=${busy} onClick=${() => open("refuse")}>Refuse…${withKeys && html`<kbd>f</kbd>`}</button></div>`;
}

function Outcome({ mode, text, setText, busy, say, open }) {
  const send = (event) => (event.preventDefault(), say({ decision: "done", value: valueOf(text, null).value ?? text }, "Taken as done"));
  if (mode === "done") {
    return html`<form onSubmit=${send}><label class="field"><span>What it gave</span>
        <textarea class="input mono" rows="3" value=${text} ref=${focused} placeholder="JSON, or a text" onInput=${(event) => setText(event.target.value)}></textarea></label>
      <div class="ask-buttons"><button class="button primary" disabled=${busy}>It happened</button><button type="button" class="button ghost" onClick=${() => open("")}>Back</button></div></form>`;
  }
  return html`<p class="ask-note">A crash came between the call and its answer. Look outside whether it happened; Playnex does not guess.</p>
    <div class="ask-buttons"><button class="button" disabled=${busy} onClick=${() => open("done")}>It happened…</button>
      <button class="button" disabled=${busy} onClick=${() => say({ decision: "again" }, "It is done again")}>It did not: do it now</button>
      <button class="button danger" disabled=${busy} onClick=${() => say({ decision: "fail" }, "Counted as failed")}>Count it as failed</button></div>`;
}

const Parked = ({ busy, say }) => html`<div class="ask-buttons"><button class="button primary" disabled=${busy} onClick=${() => say({ decision: "resume" }, "It goes on")}><${Icon} name="play" />Let it go on</button></div>`;

const focused = (box) => box && !box.dataset.seen && ((box.dataset.seen = "yes"), box.focus(), box.setSelectionRange(0, 0), (box.scrollTop = 0));
