// A question that waits for a person, answered where it stands. Nothing is decided by doing nothing.
import { html, useEffect, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { toast, toastError } from "../parts/toasts.js";
import { Shown } from "./step_tabs.js";

export function Approval({ store, row }) {
  const { message, show, editable } = row.ask;
  const [id, setId] = useState("");
  const [text, setText] = useState(null);
  const [refusing, setRefusing] = useState(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    api.get("/api/inbox").then((said) => {
      const items = said.items || said.inbox || said.waiting || [];
      const mine = items.filter((item) => item.run === store.run);
      setId((mine.find((item) => row.ask.key?.startsWith(item.step) || item.step === row.key) || mine[0])?.id || "");
    }, toastError);
  }, [row.ask.key]);
  const say = (body, done) => {
    setBusy(true);
    api.post(`/api/inbox/${id.split("/").map(encodeURIComponent).join("/")}`, body).then(() => toast(done), (error) => (setBusy(false), toastError(error)));
  };
  const approve = () => say(text === null ? { decision: "approve" } : { decision: "approve", value: text }, text === null ? "Approved" : "Approved as you edited it");
  return html`<section class="approval" aria-label="Approval">
    <h2>${message}</h2>
    ${text === null ? html`<div class="approval-show"><${Shown} value=${show} label="What is asked" /></div>`
      : html`<label class="field"><span>Approve this instead</span><textarea class="input mono" rows="12" value=${text} onInput=${(event) => setText(event.target.value)}></textarea></label>`}
    ${refusing && html`<label class="field"><span>Why not</span><input class="input" autofocus value=${reason} onInput=${(event) => setReason(event.target.value)} /></label>`}
    <div class="approval-buttons">
      ${refusing ? html`<button class="button danger" disabled=${!id || busy} onClick=${() => say({ decision: "refuse", reason }, "Refused")}>Refuse</button><button class="button ghost" onClick=${() => setRefusing(false)}>Back</button>`
        : html`<button class="button primary" disabled=${!id || busy} onClick=${approve}>${text === null ? "Approve" : "Approve as edited"}</button>
          ${editable && typeof show === "string" && html`<button class="button" onClick=${() => setText(text === null ? show : null)}>${text === null ? "Edit" : "Leave as it was"}</button>`}
          <button class="button danger" onClick=${() => setRefusing(true)}>Refuse…</button>`}
    </div>
  </section>`;
}
