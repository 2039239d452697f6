// The frame around every page: the bar of rooms, the page itself, the footer.
import { html, useEffect, useMemo, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { useKeys } from "../keys.js";
import { copy } from "../parts/copy.js";
import { Empty } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { Lazy } from "../parts/lazy.js";
import { Toasts } from "../parts/toasts.js";
import { go, match, path, query } from "../router.js";
import { IN_BAR, ROOMS } from "../rooms.js";
import { token } from "../session.js";
import { liveness, useStream } from "../stream.js";
import { theme, turnTheme } from "../theme.js";
import { keysOpen, moreOpen, paletteOpen, starting } from "./open.js";
import { command, workspace } from "./page.js";
import { SignIn } from "./sign_in.js";

const loaded = new Map();

export function Frame() {
  if (!token.value) return html`<${SignIn} />`;
  return html`<${SignedIn} />`;
}

function SignedIn() {
  useEffect(() => {
    if (liveness.value === "live") api.get("/api/workspace").then((said) => (workspace.value = said), () => {});
  }, [liveness.value === "live"]);
  useStream((line) => {
    if (line.workspace) workspace.value = { ...workspace.value, ...line.workspace };
    if (line.inbox !== undefined && workspace.value) {
      workspace.value = { ...workspace.value, counts: { ...workspace.value.counts, inbox: line.inbox } };
    }
  });
  const keys = useMemo(frameKeys, []);
  useKeys(keys);
  const found = here();
  return html`<a class="skip" href="#content" onClick=${skip}>Skip to content</a>
    <${Bar} under=${found?.room.under || found?.room.path} />
    <${Notice} />
    <main id="content" class=${found?.room.full ? "content full" : "content"} tabindex="-1">
      ${found ? html`<${Room} key=${found.room.path} ...${found} query=${query.value} />` : html`<${Lost} />`}
    </main>
    <${Foot} /><${Above} /><${Toasts} />`;
}

function Above() {
  return html`${paletteOpen.value && html`<${Lazy} load=${() => import("./palette.js")} />`}
    ${starting.value && html`<${Lazy} key=${starting.value} load=${() => import("./start.js")} flow=${starting.value} />`}
    ${keysOpen.value && html`<${Lazy} load=${() => import("./key_list.js")} />`}
    ${moreOpen.value && html`<${Lazy} load=${() => import("./more.js")} />`}`;
}

function here() {
  for (const room of ROOMS) {
    const params = match(room.path, path.value);
    if (params) return { room, params };
  }
  return null;
}

function frameKeys() {
  const rooms = ROOMS.filter((room) => room.nav);
  const jump = (index) => rooms[index] && go(rooms[index].path);
  return [
    { key: "k", mod: true, says: "Find anything", does: () => (paletteOpen.value = !paletteOpen.value) },
    { key: "?", says: "These keys", does: () => (keysOpen.value = true) },
    { key: "t", says: "Light, dark, or as the system", does: turnTheme },
    ...rooms.slice(0, 9).map((room, index) => ({ key: String(index + 1), says: room.name, does: () => jump(index) })),
  ];
}

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

// A room is loaded when it is first visited, its style sheets before it is drawn.
function Room({ room, params, query }) {
  const [ready, setReady] = useState(loaded.get(room.path));
  const [failed, setFailed] = useState(null);
  useEffect(() => void (failed?.wasAway && liveness.value === "live" && location.reload()), [failed, liveness.value]);
  useEffect(() => {
    if (ready) return;
    for (const name of room.ahead || []) fetchAhead(name);
    Promise.all([room.load(), ...(room.styles || []).map(style)]).then(([module]) => {
      loaded.set(room.path, module);
      setReady(module);
    }, (error) => setFailed({ text: error.message, wasAway: liveness.peek() !== "live" }));
  }, [room]);
  if (failed) return html`<${Empty} icon="alert" whole title="This page could not be loaded" text=${failed.wasAway ? "It comes as soon as the server answers again." : failed.text}><button class="button" onClick=${() => location.reload()}>Try again</button><//>`;
  return ready ? html`<${ready.default} params=${params} query=${query} />` : html`<div class="loading" aria-busy="true"></div>`;
}

function fetchAhead(name) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "modulepreload", href: new URL(`../${name}`, import.meta.url).href });
  document.head.append(link);
}

const sheets = new Map();
function style(name) {
  const href = new URL(`../style/${name}.css`, import.meta.url).href;
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return; // the document named it
  if (!sheets.has(name)) {
    sheets.set(name, new Promise((done) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href, onload: done, onerror: done });
      document.head.append(link);
    }));
  }
  return sheets.get(name);
}

function Lost() {
  return html`<${Empty} icon="search" whole title="There is no such page" text="The address may be mistyped."><a class="button" href="/runs">All runs</a><//>`;
}

// What holds for every page: that it shows what was, or that nothing goes on.
function Notice() {
  if (liveness.value === "lost") return html`<p class="notice" data-tone="wait" role="alert"><b>The server does not answer.</b> This is what was known; the page goes on by itself as soon as somebody serves again: <code>playnex dashboard</code></p>`;
  if (workspace.value?.halted && path.value !== "/doctor") return html`<p class="notice" data-tone="bad" role="alert"><b>All runs are stopped.</b> None starts or goes on, no schedule fires. <a href="/doctor">Let them start again…</a></p>`;
  return null;
}

function Bar({ under }) {
  const waiting = workspace.value?.counts?.inbox || 0;
  const themeSays = { system: "as the system", light: "light", dark: "dark" }[theme.value];
  const isBehind = ROOMS.filter((room) => room.nav).slice(IN_BAR).some((room) => room.path === under);
  const themeIcon = { system: "screen", light: "sun", dark: "moon" }[theme.value];
  return html`<nav class="bar" aria-label="Rooms">
    <a class="bar-mark" href="/runs" aria-label="Playnex" title=${workspace.value?.name || "Playnex"}><${Mark} /></a>
    <div class="bar-rooms">
      ${ROOMS.filter((room) => room.nav).map((room) => html`<a key=${room.path} href=${room.path} class="bar-room" aria-current=${room.path === under ? "page" : null}>
        <${Icon} name=${room.icon} /><span>${room.name}</span>
        ${room.badge === "inbox" && waiting > 0 && html`<b class="bar-badge" aria-label=${`${waiting} waiting`}>${waiting > 99 ? "99+" : waiting}</b>`}
      </a>`)}
      <button class="bar-room bar-more" data-current=${isBehind ? "yes" : null} onClick=${() => (moreOpen.value = true)} aria-haspopup="dialog"><${Icon} name="more" /><span>More</span></button>
    </div>
    <div class="bar-end">
      <button class="bar-room" onClick=${() => (paletteOpen.value = true)} aria-label="Find anything"><${Icon} name="search" /><span>Find</span></button>
      <button class="bar-room" onClick=${turnTheme} aria-label=${`Colours: ${themeSays}`} title=${`Colours: ${themeSays}`}><${Icon} name=${themeIcon} /></button>
    </div>
  </nav>`;
}

const Mark = () => html`<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><g fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"><path d="M7 19.5V4.5h6a5 5 0 0 1 0 10H7" /></g><circle cx="7" cy="19.5" r="2.5" fill="currentColor" /></svg>`;

const LIVENESS = { live: "live", connecting: "connecting", lost: "reconnecting" };

function Foot() {
  return html`<footer class="foot">
    ${command.value && html`<span class="foot-label">In the terminal</span>
      <button class="foot-command" title="Copy" aria-label=${`Copy the command ${command.value}`} onClick=${() => copy(command.value)}><code>${command.value}</code><${Icon} name="copy" /></button>`}
    <span class="foot-space"></span>
    <span class="foot-live" data-live=${liveness.value} role="status">${LIVENESS[liveness.value]}</span>
    <button class="foot-keys" onClick=${() => (keysOpen.value = true)} aria-label="Keys"><kbd>?</kbd> keys</button>
  </footer>`;
}
