// The editor of a capsule: a plain text box with a preview. Where somebody was faster, both texts stand side by side, and nothing is lost.
import { html, useEffect, useRef, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { useSaving } from "../keys.js";
import { DiffSide } from "../parts/diff.js";
import { Markdown } from "../parts/markdown.js";
import { useMedia } from "../parts/media.js";
import { toast, toastError } from "../parts/toasts.js";
import { typing } from "../parts/typing.js";

export function Editor({ capsule, onSaved, onClose }) {
  const [text, setText] = useState(capsule.body);
  const [seen, setSeen] = useState(capsule);
  const [conflict, setConflict] = useState(null);
  const [busy, setBusy] = useState(false);
  const narrow = useMedia("(max-width: 900px)");
  const [preview, setPreview] = useState(!narrow);
  const box = useRef(null);
  const isChanged = text !== seen.body;
  const save = async (expected = seen.version) => {
    if (busy) return;
    setBusy(true);
    try {
      const written = await api.put(`/api/capsules/${capsule.id}`, { body: text, expected });
      toast(`Version ${written.version} is what agents read next`);
      onSaved(written);
    } catch (error) {
      if (error.status === 409 && error.error?.newest !== undefined) setConflict(error.error.newest);
      else toastError(error);
    } finally {
      setBusy(false);
    }
  };
  useSaving(save);
  useEffect(() => {
    const stay = (event) => isChanged && event.preventDefault();
    addEventListener("beforeunload", stay);
    return () => removeEventListener("beforeunload", stay);
  }, [isChanged]);
  const take = (body, from) => (setText(body), setSeen(from), setConflict(null), box.current?.focus());
  if (conflict) return html`<${Conflict} mine=${text} newest=${conflict} name=${capsule.name} busy=${busy}
    onMine=${() => save(conflict.version)} onTheirs=${() => (onSaved(conflict), onClose())} onBoth=${() => take(`${text}\n\n<<<<<<< version ${conflict.version}, ${conflict.who}\n${conflict.body}\n>>>>>>>\n`, conflict)} onBack=${() => setConflict(null)} />`;
  return html`<div class="editor" data-preview=${preview ? "yes" : "no"}>
    <textarea ref=${box} class="input mono editor-text" aria-label=${`Text of ${capsule.name}`} value=${text} autofocus spellcheck="true" onInput=${(event) => setText(event.target.value)} onKeyDown=${typing(setText)}></textarea>
    ${preview && html`<div class="editor-preview" tabindex="0" role="region" aria-label="Preview"><${Markdown} text=${text} /></div>`}
    <div class="editor-foot"><button class="button primary" disabled=${busy || !isChanged} onClick=${() => save()}>Save version ${seen.version + 1}</button>
      <button class="button ghost" onClick=${onClose}>${isChanged ? "Leave without saving" : "Close"}</button><span class="spring"></span>
      <button class="button ghost small" aria-pressed=${preview} onClick=${() => setPreview(!preview)}>${preview ? "Hide the preview" : "Preview"}</button></div></div>`;
}

function Conflict({ mine, newest, name, busy, onMine, onTheirs, onBoth, onBack }) {
  if (!newest) {
    return html`<section class="conflict" aria-label="Conflict"><h2>${name} was deleted while you wrote</h2><p>Restore it from the list of deleted capsules, or keep your text by making a new one.</p>
      <div class="ask-buttons"><button class="button" onClick=${onBack}>Back to your text</button></div></section>`;
  }
  return html`<section class="conflict" aria-label="Conflict">
    <h2>${newest.who} wrote version ${newest.version} while you were writing</h2>
    <p>Nothing is lost. Marked is what only one of the two texts has.</p>
    <div class="conflict-both"><div><h3>Yours</h3><div class="conflict-text" tabindex="0" role="region" aria-label="Your text"><${DiffSide} one=${newest.body} other=${mine} side="other" /></div></div>
      <div><h3>Version ${newest.version}, by ${newest.who}</h3><div class="conflict-text" tabindex="0" role="region" aria-label=${`Version ${newest.version}`}><${DiffSide} one=${newest.body} other=${mine} side="one" /></div></div></div>
    <div class="ask-buttons"><button class="button primary" disabled=${busy} onClick=${onMine}>Save mine as version ${newest.version + 1}</button>
      <button class="button" onClick=${onBoth}>Put both into the editor</button><button class="button" onClick=${onTheirs}>Take theirs</button><button class="button ghost" onClick=${onBack}>Back</button></div></section>`;
}
