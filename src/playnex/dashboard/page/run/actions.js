// What can be done with a run as it stands: buttons, keys and entries of ⌘K are all made from this list.
import { html } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Confirm } from "../parts/dialog.js";
import { Lazy } from "../parts/lazy.js";
import { toast, toastError } from "../parts/toasts.js";
import { isOver } from "../words.js";

export function actionsOf(store, header, { selected, setDialog }) {
  const { state, run } = header;
  const say = (what, body, done) => api.post(`/api/runs/${run}/${what}`, body).then(() => toast(done), toastError);
  const actions = [];
  const rests = state === "paused" || state === "parked" || header.shown_state === "interrupted" || (state === "failed" && header.reason === "exhausted");
  if (state === "running" || state === "pending") {
    actions.push({ id: "pause", says: "Pause", icon: "pause", key: "p", does: () => say("pause", {}, "It pauses when what is under way has ended") });
  }
  if (rests && header.reason === "exhausted") {
    actions.push({ id: "resume", says: "Resume", icon: "play", key: "p", isFirst: true, does: () => setDialog("resume"), dialog: (close) => html`<${Lazy} load=${() => import("./raise.js")} header=${header} onClose=${close} />` });
  } else if (rests) {
    actions.push({ id: "resume", says: "Resume", icon: "play", key: "p", isFirst: true, does: () => say("resume", {}, "It goes on") });
  }
  if (isOver(state) && state !== "cancelled") {
    const from = selected ? topOf(selected) : header.error_step ? topOf(header.error_step) : "";
    if (state === "failed" || from) actions.push({ id: "retry", says: selected ? "Retry from step" : "Retry", icon: "retry", key: "r", does: () => say("retry", from ? { step: from } : {}, "It is tried again") });
  }
  if (store.keys.value.length && (isOver(state) || state === "waiting" || selected)) {
    actions.push({ id: "fork", says: selected ? "Fork from here" : "Fork", icon: "fork", key: "f", does: () => setDialog("fork") });
  }
  if (!isOver(state)) {
    actions.push({
      id: "cancel", says: "Cancel", icon: "stop", key: "c", isDanger: true, does: () => setDialog("cancel"),
      dialog: (close) => html`<${Confirm} title="Cancel this run?" text="No further step, model request or tool call starts. What is finished is kept." yes="Cancel for good" danger onYes=${() => say("cancel", {}, "It is cancelled")} onClose=${close} />`,
    });
  }
  return actions;
}

export const topOf = (key) => key.split("/")[0];
