// What can be done with the runs that are chosen.
import { html, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Confirm } from "../parts/dialog.js";
import { Icon } from "../parts/icon.js";
import { toast } from "../parts/toasts.js";
import { go } from "../router.js";
import { isOver } from "../words.js";

export function Chosen({ chosen, list }) {
  const [asks, setAsks] = useState(false);
  const runs = [...chosen.value].map((run) => list.byRun.get(run)?.value).filter(Boolean);
  if (!runs.length) return null;
  const open = runs.filter((row) => !isOver(row.state));
  const again = runs.filter((row) => row.state === "failed");
  const clear = () => (chosen.value = new Set());
  return html`<div class="chosen" role="toolbar" aria-label="Chosen runs">
    <b class="num">${runs.length} chosen</b>
    <button class="button small" disabled=${runs.length !== 2} title=${runs.length === 2 ? "" : "Choose two runs"} onClick=${() => compare(runs)}><${Icon} name="compare" />Compare</button>
    <button class="button small" disabled=${!again.length} onClick=${() => each(again, "retry", "will be tried again", clear)}><${Icon} name="retry" />Retry${counted(again, runs)}</button>
    <button class="button small danger" disabled=${!open.length} onClick=${() => setAsks(true)}><${Icon} name="stop" />Cancel${counted(open, runs)}</button>
    <button class="icon-button" aria-label="Choose none" onClick=${clear}><${Icon} name="close" /></button>
    ${asks && html`<${Confirm} title=${open.length === 1 ? "Cancel this run?" : `Cancel ${open.length} runs?`} text="No further step, model request or tool call starts. What is finished is kept." yes="Cancel for good" danger
      onYes=${() => each(open, "cancel", "will be cancelled", clear)} onClose=${() => setAsks(false)} />`}
  </div>`;
}

const counted = (some, all) => (some.length && some.length !== all.length ? ` ${some.length}` : "");

function compare(runs) {
  const [one, other] = runs.map((row) => row.run).sort();
  go(`/compare?one=${one}&other=${other}`);
}

async function each(runs, what, says, clear) {
  const answers = await Promise.allSettled(runs.map((row) => api.post(`/api/runs/${row.run}/${what}`, {})));
  const failed = answers.filter((answer) => answer.status === "rejected");
  const done = answers.length - failed.length;
  if (done) toast(`${done} ${done === 1 ? "run" : "runs"} ${says}`);
  if (failed.length) toast(failed[0].reason.message, { tone: "bad", hint: failed[0].reason.hint });
  clear();
}
