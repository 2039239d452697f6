// A dialog: the browser's own, so focus stays in it and Esc closes it. The page's keys are silent behind it.
import { html, useEffect, useRef } from "../vendor/playnex-vendor.js";
import { useKeys } from "../keys.js";
import { Icon } from "./icon.js";

const NONE = [];

export function Dialog({ title, onClose, children, bare = false, narrow = false, wide = false, low = false }) {
  const box = useRef(null);
  useKeys(NONE, { alone: true });
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    box.current.querySelector("[autofocus]")?.focus();
    return () => before?.focus?.();
  }, []);
  const outside = (event) => event.target === box.current && onClose();
  const size = bare ? "bare" : narrow ? "narrow" : wide ? "wide" : low ? "narrow low" : "";
  return html`<dialog class=${`dialog ${size}`} ref=${box} aria-label=${title} onCancel=${(event) => (event.preventDefault(), onClose())} onMouseDown=${outside}>
    <div class="dialog-box">
      ${!bare && html`<header class="dialog-head"><h2>${title}</h2><button class="icon-button" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button></header>`}
      ${children}
    </div></dialog>`;
}

// A question whose answer is a press of a button. `onYes` may return a promise.
export function Confirm({ title, text, yes, danger = false, onYes, onClose }) {
  return html`<${Dialog} title=${title} narrow onClose=${onClose}>
    <div class="dialog-body"><p>${text}</p></div>
    <footer class="dialog-foot"><button class="button" onClick=${onClose}>Back</button>
      <button class=${`button ${danger ? "danger" : "primary"}`} autofocus onClick=${() => (onClose(), onYes())}>${yes}</button></footer><//>`;
}
