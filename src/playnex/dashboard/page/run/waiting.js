// What waits for a person in this run, answered where it stands: the same cards as in the inbox.
import { html, useEffect } from "../vendor/playnex-vendor.js";
import { Ask } from "../parts/ask.js";
import { useEvery, useLoad } from "../parts/load.js";

const NAMES = { approval: "Approval", outcome: "Outcome unknown" };
const stepOf = (key) => key.replace(/\/(gate\.)?answer$/, "");

// `rows`: those whose step asks. Until the inbox has answered, their questions stand here as the run has them.
export function Waiting({ store, rows, withUnknown = false }) {
  const { data, again } = useLoad("/api/inbox");
  const header = store.header.value;
  const unknown = withUnknown && header.state === "parked" ? header.unknown : [];
  const asked = [...rows.map((row) => row.ask.key), ...unknown.map((one) => one.step)].join(" ");
  useEffect(() => data && again(), [asked]);
  const known = (step) => data?.items.find((item) => item.run === store.run && item.step === step);
  const items = [
    ...rows.map((row) => known(stepOf(row.ask.key)) || { id: "", kind: "approval", step: stepOf(row.ask.key), ...row.ask }),
    ...unknown.map(({ step, input }) => known(step) || { id: "", kind: "outcome", step, message: `${step} may have happened or not`, show: input }),
  ];
  useEvery(1000, again, items.some((item) => !item.id)); // asked of a server that was away, or before the inbox had it
  return items.map((item) => html`<section class="waiting" key=${item.step} aria-label=${NAMES[item.kind]}><${Ask} here item=${item} onDone=${again} /></section>`);
}
