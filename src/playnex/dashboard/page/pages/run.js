// A run: its graph, its time, its conversation, and what a chosen step was given and gave. One choice, kept in the address, for all of them.
import { html, useEffect, useMemo, useRef, useState } from "../vendor/playnex-vendor.js";
import { Failed } from "../parts/empty.js";
import { Lazy } from "../parts/lazy.js";
import { useMedia } from "../parts/media.js";
import { Skeleton } from "../parts/skeleton.js";
import { Split, splitSize } from "../parts/split.js";
import { ask } from "../router.js";
import { actionsOf } from "../run/actions.js";
import { RunGraph } from "../run/graph.js";
import { RunHead } from "../run/head.js";
import { Inspector } from "../run/inspector.js";
import { Slider } from "../run/slider.js";
import { RunStore } from "../run/store.js";
import { Timeline } from "../run/timeline.js";
import { usePage } from "../shell/page.js";

const side = splitSize("inspector", 440);
const low = splitSize("timeline", 226);

export default function Run({ params, query }) {
  return html`<${Opened} key=${params.run} run=${params.run} query=${query} />`;
}

function Opened({ run, query }) {
  const store = useMemo(() => new RunStore(run), []);
  const [dialog, setDialog] = useState("");
  const narrow = useMedia("(max-width: 900px)");
  useEffect(() => {
    store.open();
    return () => store.close();
  }, []);
  const header = store.header.value;
  const selected = query.step || "";
  const aside = useRef(null);
  useEffect(() => void (narrow && selected && aside.current?.scrollIntoView({ block: "start" })), [narrow, selected, header === null]);
  const select = (step) => ask({ step, tab: query.tab === "items" || store.rows.get(step)?.peek().items ? "" : query.tab });
  const can = header && store.frame.value === null ? actionsOf(store, header, { selected, setDialog }) : [];
  const usable = can.map((one) => one.id).join();
  const keys = useMemo(() => [
    ...can.filter((one) => one.key).map((one) => ({ key: one.key, says: one.says, does: one.does })),
    { key: "v", says: "Graph or transcript", does: () => ask({ view: query.view === "transcript" ? "" : "transcript" }) },
    { key: "l", says: "Replay with the slider", does: () => (store.frame.peek() === null ? store.startReplay() : store.endReplay()) },
    { key: "Escape", says: "Choose no step", when: () => Boolean(query.step), does: () => ask({ step: "" }) },
  ], [usable, selected, query.view, header === null]);
  usePage({ title: header?.title || header?.flow || "Run", command: commandOf(header, selected, query), keys });
  if (store.error.value) return html`<${Failed} whole error=${store.error.value} back=${["/runs", "All runs"]} onRetry=${() => ((store.error.value = null), store.open())} />`;
  if (!header) return html`<div class="run-wait"><${Skeleton} lines=${6} /></div>`;
  const view = query.view || "graph";
  return html`<div class="run">
    <${RunHead} store=${store} actions=${can} view=${view} />
    <div class="run-body" data-narrow=${narrow ? "yes" : null}>
      <div class="run-left">
        ${view === "transcript" ? html`<${Lazy} load=${() => import("../run/transcript.js")} store=${store} selected=${selected} onSelect=${select} />` : html`
        <${RunGraph} store=${store} selected=${selected} onSelect=${select} />
        <${Slider} store=${store} />
        ${!narrow && html`<${Split} name="timeline" size=${low} towards="bottom" least=${90} most=${() => innerHeight * 0.6} label="Height of the timeline" />`}
        <div class="run-time" style=${narrow ? {} : { height: `${low.value}px` }}><${Timeline} store=${store} selected=${selected} onSelect=${select} /></div>`}
      </div>
      ${!narrow && html`<${Split} name="inspector" size=${side} towards="right" least=${300} most=${() => innerWidth * 0.6} label="Width of the inspector" />`}
      <aside class="run-side" ref=${aside} aria-label="Inspector" style=${narrow ? {} : { width: `${side.value}px` }}><${Inspector} store=${store} selected=${selected} tab=${query.tab || ""} onSelect=${select} onFork=${() => setDialog("fork")} /></aside>
    </div>
    ${dialog === "fork" && html`<${Lazy} load=${() => import("../run/fork.js")} store=${store} step=${selected || store.keys.value[0]} onClose=${() => setDialog("")} />`}
    ${can.find((one) => one.id === dialog)?.dialog?.(() => setDialog(""))}
  </div>`;
}

function commandOf(header, selected, query) {
  if (!header) return "playnex run list";
  if (query.view === "transcript") return header.commands?.transcript || `playnex run show ${header.short} --transcript`;
  if (selected && query.tab === "log") return header.commands?.logs || `playnex run logs ${header.short}`;
  return header.state === "running" || header.state === "pending" ? `playnex run watch ${header.short}` : `playnex run show ${header.short}`;
}
