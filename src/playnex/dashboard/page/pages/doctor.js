// Doctor: what is well with the workspace, what is not, what mends it; and the switch that stops all runs.
import { html, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { CodeBlock } from "../parts/code.js";
import { Confirm } from "../parts/dialog.js";
import { Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { useLoad } from "../parts/load.js";
import { Skeleton } from "../parts/skeleton.js";
import { toast, toastError } from "../parts/toasts.js";
import { usePage, workspace } from "../shell/page.js";
import { ago } from "../words.js";

const COMMAND = /^(playnex|chmod|pip|npm|export|rm|mv) /;

export default function Doctor() {
  const { data, error, again, keep } = useLoad("/api/doctor");
  const [busy, setBusy] = useState(false);
  const [stopping, setStopping] = useState(false);
  usePage({ title: "Doctor", command: data?.halted ? "playnex stop --lift" : "playnex doctor" });
  const act = (path, done) => {
    setBusy(true);
    api.post(path).then(done, toastError).finally(() => setBusy(false));
  };
  const halted = (said) => (workspace.value = { ...workspace.value, halted: said.halted });
  const fix = () => act("/api/doctor/fix", (said) => (keep(said), toast(said.well ? "All is well" : "Mended what is safe to mend")));
  const lift = () => act("/api/lift", (said) => (halted(said), toast("Runs may start again"), again()));
  const stop = () => act("/api/stop", (said) => (halted(said), toast(`Stopped ${said.stopped} ${said.stopped === 1 ? "run" : "runs"}; none starts`), again()));
  if (error && !data) return html`<${Failed} error=${error} onRetry=${again} />`;
  const wrong = data?.findings.filter((one) => !one.fine) || [];
  return html`<header class="page-head"><h1>Doctor</h1>
      ${data && html`<span class="state" data-tone=${data.well ? "good" : "bad"}><i aria-hidden="true">${data.well ? "✓" : "✗"}</i>${data.well ? "all is well" : `${wrong.filter((one) => !one.mended).length} to mend`}</span>`}
      <span class="spring"></span>
      <button class="button" disabled=${busy || !data} onClick=${again}><${Icon} name="retry" />Look again</button>
      ${wrong.length > 0 && html`<button class="button" disabled=${busy} onClick=${fix}>Mend what is safe</button>`}
      ${data && !data.halted && html`<button class="button danger" disabled=${busy} onClick=${() => setStopping(true)}><${Icon} name="stop" />Stop all runs…</button>`}</header>
    <div class="page doctor">
      ${data?.halted && html`<section class="banner" data-tone="bad" aria-label="All runs are stopped"><${Icon} name="alert" size=${20} />
        <div><h2>All runs are stopped</h2><p>By ${data.halted.by}, ${ago(data.halted.at)}. None starts or goes on, no schedule fires.</p></div>
        <button class="button" disabled=${busy} onClick=${lift}>Let runs start again</button></section>`}
      ${data ? html`<ul class="findings" role="list">${[...wrong, ...data.findings.filter((one) => one.fine)].map((one, index) => html`<${Finding} key=${index} one=${one} />`)}</ul>` : html`<${Skeleton} lines=${8} />`}
    </div>
    ${stopping && html`<${Confirm} title="Stop all runs?" text="Every run of this workspace is paused, and none starts until you lift this again: no step, no model request, no tool call, no schedule." yes="Stop all runs" danger onYes=${stop} onClose=${() => setStopping(false)} />`}`;
}

function Finding({ one }) {
  const [sign, tone, says] = one.fine ? ["✓", "good", "fine"] : one.mended ? ["✓", "wait", "mended"] : ["✗", "bad", "not well"];
  return html`<li class="finding" data-fine=${one.fine ? "yes" : "no"}><i class="sign" data-tone=${tone} role="img" aria-label=${says}>${sign}</i>
    <b>${one.area}</b><div><p>${one.says}${one.mended && html` <span class="chip">mended</span>`}</p>
      ${!one.fine && !one.mended && one.mend && (COMMAND.test(one.mend) && !one.mend.includes(" shows ") ? html`<${CodeBlock} text=${one.mend} label="Command" />` : html`<p class="dim">${one.mend}</p>`)}</div></li>`;
}
