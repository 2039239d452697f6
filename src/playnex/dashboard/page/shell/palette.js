// ⌘K: goes to any page, run, flow, agent or capsule, and does what the page on screen can do.
import { html, useEffect, useMemo, useRef, useState } from "../vendor/playnex-vendor.js";
import { address, api } from "../api.js";
import { shown } from "../keys.js";
import { Dialog } from "../parts/dialog.js";
import { Icon } from "../parts/icon.js";
import { go } from "../router.js";
import { ROOMS } from "../rooms.js";
import { paletteOpen, startFlow } from "./open.js";
import { turnTheme } from "../theme.js";
import { actions } from "./page.js";

const SOON = 120; // milliseconds of quiet before the server is asked

export default function Palette() {
  const [text, setText] = useState("");
  const [found, setFound] = useState([]);
  const [at, setAt] = useState(0);
  const list = useRef(null);
  const close = () => (paletteOpen.value = false);
  useEffect(() => {
    const stop = new AbortController();
    const later = setTimeout(() => {
      look(text, stop.signal).then((rows) => stop.signal.aborted || setFound(rows));
    }, text ? SOON : 0);
    return () => (clearTimeout(later), stop.abort());
  }, [text]);
  const offered = useMemo(() => [...fitting(own(), text), ...found].slice(0, 40), [text, found]);
  useEffect(() => setAt(0), [text]);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [at, offered]);
  const choose = (one) => {
    close();
    one.does ? one.does() : go(one.to);
  };
  const typed = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + offered.length) % (offered.length || 1));
    else if (event.key === "Enter" && offered[at]) choose(offered[at]);
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} title="Find anything" bare onClose=${close}>
    <div class="palette-ask"><${Icon} name="search" />
      <input autofocus role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label="Find anything" aria-activedescendant=${offered[at] ? `palette-${at}` : null}
        placeholder="Runs, flows, agents, capsules, actions…" value=${text} onInput=${(event) => setText(event.target.value)} onKeyDown=${typed} autocomplete="off" spellcheck="false" /></div>
    <ul id="palette-list" class="palette-list" role="listbox" aria-label="Found" ref=${list}>
      ${offered.map((one, index) => html`<li key=${`${one.kind}/${one.says}/${one.to || index}`} id=${`palette-${index}`} role="option" aria-selected=${index === at} onMouseMove=${() => index !== at && setAt(index)} onClick=${() => choose(one)}>
        <${Icon} name=${one.icon} /><span class="palette-says">${one.says}</span><span class="palette-more">${one.more}</span>${one.hint && html`<kbd>${one.hint}</kbd>`}
      </li>`)}
    </ul>
    ${!offered.length && html`<p class="palette-none">Nothing is called “${text}”.</p>`}
  <//>`;
}

// What needs no server: the page's own actions, and the rooms.
function own() {
  const here = actions.peek().map((one) => ({ kind: "action", icon: "bolt", says: one.says, more: "on this page", hint: shown(one), does: one.does }));
  const rooms = ROOMS.filter((room) => room.nav).map((room) => ({ kind: "room", icon: room.icon, says: room.name, more: "page", to: room.path }));
  return [...here, ...rooms, { kind: "action", icon: "sun", says: "Change colours", more: "light, dark, system", hint: "t", does: turnTheme }];
}

const fitting = (all, text) => all.filter((one) => text.toLowerCase().split(/\s+/).every((word) => `${one.says} ${one.more}`.toLowerCase().includes(word)));

// Asks each room that has names: none waits for another, and one that does not answer leaves out its own.
async function look(text, signal) {
  const got = (path, query) => api.get(address(path, query), { signal }).catch(() => ({}));
  const [runs, flows, agents, capsules] = await Promise.all([got("/api/runs", { q: text, limit: 8 }), got("/api/flows"), got("/api/agents"), got("/api/capsules", { q: text })]);
  const named = (rows, kind) => (rows || []).map((row) => ({ kind, icon: kind === "agent" ? "agents" : "flows", says: row.name, more: [kind, row.description].filter(Boolean).join(" · "), to: PLACES[kind](encodeURIComponent(row.name)) }));
  const starts = (flows.flows || []).map((row) => ({ kind: "start", icon: "runs", says: `Run ${row.name}`, more: "start the flow", does: () => startFlow(row.name) }));
  const pages = (capsules.capsules || capsules.hits || []).slice(0, 8).map((row) => ({ kind: "capsule", icon: "capsule", says: row.name, more: "capsule", to: PLACES.capsule(encodeURIComponent(row.id || row.name)) }));
  const found = (runs.runs || []).map((row) => ({ kind: "run", icon: "runs", says: row.title || row.flow, more: `run ${row.short} · ${row.flow} · ${row.shown_state}`, to: `/runs/${row.run}` }));
  return [...fitting([...starts, ...named(flows.flows, "flow"), ...named(agents.agents, "agent")], text), ...found, ...pages];
}

const PLACES = { flow: (id) => `/flows/${id}`, agent: (id) => `/agents/${id}`, capsule: (id) => `/capsules/${id}` };
