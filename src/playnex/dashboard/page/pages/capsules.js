// Capsules: the tree of them, and one: its text, its history, what changed, what used it; written, pinned, deleted, and gone on from.
import { html, useEffect, useMemo, useState } from "../vendor/playnex-vendor.js";
import { address, api } from "../api.js";
import { Compare, History, Origins, Slider, Uses } from "../capsules/history.js";
import { Editor } from "../capsules/editor.js";
import { Finder, loadHeads } from "../capsules/tree.js";
import { Confirm, Dialog } from "../parts/dialog.js";
import { Empty, Failed } from "../parts/empty.js";
import { Icon } from "../parts/icon.js";
import { useLoad } from "../parts/load.js";
import { Markdown } from "../parts/markdown.js";
import { Sides } from "../parts/sides.js";
import { Skeleton } from "../parts/skeleton.js";
import { Tabs } from "../parts/tabs.js";
import { toast, toastError } from "../parts/toasts.js";
import { ask, go } from "../router.js";
import { usePage } from "../shell/page.js";
import { useStream } from "../stream.js";
import { ago, fullMoment } from "../words.js";

const pathOf = (name) => `/api/capsules/${name.split("/").map(encodeURIComponent).join("/")}`;
const FOCUS = [{ key: "/", says: "Search capsules", does: () => document.getElementById("capsules-search")?.focus() }];

export default function Capsules({ params, query }) {
  const [making, setMaking] = useState(false);
  const name = params.capsule || "";
  const loaded = useLoad(name ? pathOf(name) : "");
  const list = html`<${Finder} at=${loaded.data?.id} only=${query.only || ""} onOnly=${(only) => ask({ only })} onNew=${() => setMaking(true)} />`;
  return html`<${Sides} label="Capsules" list=${list} isOpen=${Boolean(name)} back="/capsules">
      ${!name ? html`<${Nothing} />` : loaded.error && !loaded.data ? html`<${Missing} name=${name} ...${loaded} />` : loaded.data ? html`<${One} key=${loaded.data.id} capsule=${loaded.data} loaded=${loaded} query=${query} />` : html`<div class="capsule"><${Skeleton} lines=${8} /></div>`}
    <//>${making && html`<${Create} onClose=${() => setMaking(false)} />`}`;
}

function Nothing() {
  usePage({ title: "Capsules", command: "playnex capsules", keys: FOCUS });
  return html`<${Empty} icon="capsules" title="Choose a capsule" text="Read it, change it, see who wrote what. What you save is what agents read next." />`;
}

function Missing({ name, error, again }) {
  usePage({ title: name, command: `playnex capsule view ${name}`, keys: FOCUS });
  return html`<${Failed} error=${error} onRetry=${again} back=${["/capsules", "All capsules"]} />`;
}

function One({ capsule: newest, loaded, query }) {
  const history = useLoad(`/api/capsules/${newest.id}/history`);
  const [editing, setEditing] = useState(false);
  const [dialog, setDialog] = useState("");
  const at = Number(query.version) || newest.version;
  const older = useLoad(at !== newest.version ? `/api/capsules/${newest.id}?version=${at}` : "");
  const capsule = at === newest.version ? newest : older.data;
  const tab = query.tab || "text";
  const changed = (made) => (loaded.keep({ ...newest, ...made }), history.again(), loadHeads(), ask({ version: null }));
  useStream((line) => line.capsules && !editing && (line.capsules === true || line.capsules.includes?.(newest.name)) && (loaded.again(), history.again()));
  useEffect(() => setEditing(false), [newest.id]);
  const pin = () => api.post(`/api/capsules/${newest.id}/${newest.pinned ? "unpin" : "pin"}`).then((made) => (changed(made), toast(made.pinned ? "Agents with long-term memory are given it" : "Not pinned any more")), toastError);
  const vouch = () => api.post(`/api/capsules/${newest.id}/clear`).then((made) => (changed(made), toast("It is trusted from this version on")), toastError);
  const remove = () => api.delete(`/api/capsules/${newest.id}`).then(() => (toast("Deleted; for 30 days it can be restored"), loadHeads(), go("/capsules")), toastError);
  const keys = useMemo(() => [...FOCUS, { key: "e", says: "Edit", does: () => setEditing(true) }, { key: "c", says: "Continue from here", does: () => setDialog("continue") }], []);
  usePage({ title: newest.name, command: editing ? `playnex capsule edit ${newest.name}` : commandOf(newest, tab, at), keys });
  const versions = history.data?.versions || [];
  return html`<article class="capsule">
    <header class="capsule-head"><h2 class="capsule-name" title=${newest.name}>${newest.name}</h2>
      <p class="origins"><span class="chip">version ${newest.version}</span><span class="dim" title=${fullMoment(newest.written)}>${newest.who}, ${ago(newest.written)}</span>${newest.pinned && html`<span class="chip"><${Icon} name="pin" />long-term memory</span>`}</p>
      <${Origins} one=${newest} />
      <div class="ask-buttons"><button class="button" onClick=${() => setEditing(true)} disabled=${editing}><${Icon} name="edit" />Edit<kbd>e</kbd></button>
        <button class="button" onClick=${() => setDialog("continue")}><${Icon} name="play" />Continue…</button>
        <button class="button" onClick=${pin} aria-pressed=${newest.pinned}><${Icon} name="pin" />${newest.pinned ? "Unpin" : "Pin"}</button>
        ${newest.labels.includes("untrusted") && html`<button class="button" onClick=${vouch}>Vouch for it</button>`}
        <button class="button danger" onClick=${() => setDialog("delete")}><${Icon} name="trash" />Delete</button></div></header>
    ${editing ? html`<${Editor} capsule=${newest} onSaved=${(made) => (setEditing(false), changed(made))} onClose=${() => setEditing(false)} />`
      : html`<${Tabs} label="Capsule" at=${tab} onChange=${(id) => ask({ tab: id === "text" ? null : id })} tabs=${[{ id: "text", says: "Text" }, { id: "history", says: "History", count: versions.length }, ...(versions.length > 1 ? [{ id: "compare", says: "Compare" }] : []), { id: "uses", says: "Used by", count: versions.reduce((sum, one) => sum + one.uses.length, 0) }]}>
        <div class="capsule-panel">${!history.data ? html`<${Skeleton} />` : tab === "history" ? html`<${History} capsule=${newest} versions=${versions} onAt=${(version) => ask({ version, tab: null })} onChanged=${changed} />`
          : tab === "compare" && versions.length > 1 ? html`<${Compare} capsule=${newest} versions=${versions} />` : tab === "uses" ? html`<${Uses} versions=${versions} />`
          : html`<${Slider} versions=${versions} at=${at} onAt=${(version) => ask({ version: version === newest.version ? null : version })} />${older.error && at !== newest.version ? html`<${Failed} error=${older.error} />` : capsule ? html`<${Markdown} text=${capsule.body} />${!capsule.body && html`<p class="dim">It is empty.</p>`}` : html`<${Skeleton} />`}`}</div><//>`}
    ${dialog === "delete" && html`<${Confirm} title="Delete this capsule?" text=${`No list, search or agent gets ${newest.name} any more. For 30 days it can be restored.`} yes="Delete" danger onYes=${remove} onClose=${() => setDialog("")} />`}
    ${dialog === "continue" && html`<${Continue} capsule=${newest} onClose=${() => setDialog("")} />`}</article>`;
}

function commandOf(capsule, tab, at) {
  if (tab === "history" || tab === "uses") return `playnex capsule history ${capsule.name}`;
  if (tab === "compare") return `playnex capsule diff ${capsule.name}`;
  return `playnex capsule view ${capsule.name}${at !== capsule.version ? `@${at}` : ""}`;
}

// Which flow goes on from it: the flow's form opens with this capsule filled in.
function Continue({ capsule, onClose }) {
  const { data, error } = useLoad("/api/flows");
  const choose = (flow) => (onClose(), go(address(`/flows/${flow.name}`, { from: capsule.name })));
  return html`<${Dialog} title="Start a flow from this capsule" onClose=${onClose}>
    <div class="dialog-body"><p class="dim">The flow's form opens with ${capsule.name} filled in; nothing starts yet.</p>
      ${error ? html`<p class="bad">${error.message}</p>` : !data ? html`<${Skeleton} />` : data.flows.length ? html`<ul class="rows flush" role="list">${data.flows.map((flow) => html`<li key=${flow.name}><button class="row" onClick=${() => choose(flow)}><${Icon} name="flows" /><span class="row-text"><b class="cut">${flow.name}</b><small class="cut">${flow.description}</small></span></button></li>`)}</ul>` : html`<p>There are no flows here yet.</p>`}</div><//>`;
}

function Create({ onClose }) {
  const [name, setName] = useState("");
  const [body, setBody] = useState("");
  const [secret, setSecret] = useState(false);
  const [fault, setFault] = useState(null);
  const submit = (event) => {
    event.preventDefault();
    api.post("/api/capsules", { name: name.trim(), body, private: secret }).then((made) => (onClose(), loadHeads(), go(`/capsules/${made.name}`)), setFault);
  };
  return html`<${Dialog} title="New capsule" onClose=${onClose}><form class="form-box" onSubmit=${submit}><div class="dialog-body">
      <label class="field"><span>Name</span><input class="input mono" autofocus required placeholder="notes/first" value=${name} onInput=${(event) => setName(event.target.value)} spellcheck="false" autocomplete="off" />${fault && html`<small class="bad" role="alert">${fault.message}${fault.hint && `; ${fault.hint}`}</small>`}</label>
      <label class="field"><span>Text</span><textarea class="input" rows="8" value=${body} onInput=${(event) => setBody(event.target.value)}></textarea></label>
      <label class="tick"><input type="checkbox" checked=${secret} onChange=${(event) => setSecret(event.target.checked)} /> Private: what is made from it does not leave this machine unasked</label></div>
    <footer class="dialog-foot"><button type="button" class="button" onClick=${onClose}>Back</button><button class="button primary" disabled=${!name.trim()}>Create</button></footer></form><//>`;
}
