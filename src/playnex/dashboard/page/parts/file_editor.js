// A definition's file: checked as it is typed, its faults at their lines, saved where nobody was faster.
import { html, useEffect, useRef, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { useSaving } from "../keys.js";
import { toast, toastError } from "./toasts.js";
import { typing } from "./typing.js";

const SOON = 350;

// place: "/api/flows/NAME"; file: { text, stamp, path }; `onChecked(found)` hears each check, `onSaved()` that it was written.
export function FileEditor({ place, file, faults: first, onChecked, onSaved }) {
  const [text, setText] = useState(file.text);
  const [stamp, setStamp] = useState(file.stamp);
  const [found, setFound] = useState({ faults: first, warnings: [] });
  const [busy, setBusy] = useState(false);
  const box = useRef(null);
  const gutter = useRef(null);
  const isChanged = text !== file.text;
  useEffect(() => {
    if (!isChanged && stamp === file.stamp) return setFound({ faults: first, warnings: [] });
    const later = setTimeout(() => api.post(`${place}/check`, { text }).then((said) => (setFound(said), onChecked?.(said)), toastError), SOON);
    return () => clearTimeout(later);
  }, [text]);
  const save = async (anyway = false) => {
    if (busy) return;
    setBusy(true);
    try {
      const said = await api.put(place, { text, expected: stamp, anyway });
      setStamp(said.stamp);
      toast(`Saved ${said.path}`);
      onSaved?.();
    } catch (error) {
      if (error.faults.length) setFound({ faults: error.faults, warnings: [] });
      toastError(error);
    } finally {
      setBusy(false);
    }
  };
  useSaving(save);
  const jump = (fault) => {
    const lines = text.split("\n");
    const at = lines.slice(0, fault.line - 1).join("\n").length + (fault.line > 1 ? 1 : 0) + fault.column - 1;
    box.current.focus();
    box.current.setSelectionRange(at, at + (fault.width || 1));
    box.current.scrollTop = (fault.line - 4) * 20;
  };
  const wrong = new Map([...found.warnings.map((one) => [one.line, "wait"]), ...found.faults.map((one) => [one.line, "bad"])]);
  const count = text.split("\n").length;
  return html`<div class="file-editor">
    <div class="file-box"><div class="file-lines" ref=${gutter} aria-hidden="true">${Array.from({ length: count }, (_, index) => html`<span key=${index} data-tone=${wrong.get(index + 1) || null}>${index + 1}</span>`)}</div>
      <textarea ref=${box} class="file-text mono" aria-label=${`Text of ${file.path}`} wrap="off" spellcheck="false" value=${text} aria-invalid=${found.faults.length > 0}
        onInput=${(event) => setText(event.target.value)} onKeyDown=${typing(setText)} onScroll=${(event) => (gutter.current.scrollTop = event.target.scrollTop)}></textarea></div>
    <ul class="file-faults" role="list" aria-label="Faults" aria-live="polite">${[...found.faults.map((one) => [one, "bad", "✗"]), ...found.warnings.map((one) => [one, "wait", "!"])].map(([one, tone, sign], index) => html`<li key=${index}>
      <button class="row" onClick=${() => jump(one)}><i class="sign" data-tone=${tone}>${sign}</i><span class="file-place num">${one.line}:${one.column}</span><span class="file-says">${one.message}${one.hint && html`<small>${one.hint}</small>`}</span></button></li>`)}
      ${!found.faults.length && !found.warnings.length && html`<li class="file-fine"><i class="sign" data-tone="good">✓</i> no fault</li>`}</ul>
    <div class="editor-foot"><button class="button primary" disabled=${busy || !isChanged || found.faults.length > 0} onClick=${() => save()}>Save</button>
      ${isChanged && found.faults.length > 0 && html`<button class="button" disabled=${busy} onClick=${() => save(true)}>Save with its faults</button>`}
      ${isChanged && html`<button class="button ghost" onClick=${() => setText(file.text)}>Undo all</button>`}<span class="dim mono cut">${file.path}</span></div></div>`;
}
