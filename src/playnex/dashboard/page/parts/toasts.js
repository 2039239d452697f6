// Short messages at the lower edge: what was done, or why not.
import { html, signal } from "../vendor/playnex-vendor.js";

const shown = signal([]);
let made = 0;

export function toast(text, { tone = "good", hint = "" } = {}) {
  const one = { id: ++made, text, tone, hint };
  shown.value = [...shown.value.slice(-3), one];
  setTimeout(() => drop(one.id), tone === "bad" ? 9000 : 4500);
}

// For the catch of an action: shows what the terminal would say.
export const toastError = (error) => toast(error.message, { tone: "bad", hint: error.hint });

const drop = (id) => (shown.value = shown.value.filter((one) => one.id !== id));

export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${shown.value.map((one) => html`<div class="toast" key=${one.id} data-tone=${one.tone}>
      <span class="toast-text">${one.text}${one.hint && html`<small>${one.hint}</small>`}</span>
      <button class="icon-button" aria-label="Dismiss" onClick=${() => drop(one.id)}>✕</button>
    </div>`)}
  </div>`;
}
