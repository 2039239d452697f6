// A switch that is on or off, with its words beside it.
import { html } from "../vendor/playnex-vendor.js";

export function Switch({ on, onChange, children, disabled = false, label }) {
  return html`<button class="switch" role="switch" aria-checked=${Boolean(on)} aria-label=${label} disabled=${disabled} onClick=${() => onChange(!on)}><i aria-hidden="true"></i>${children && html`<span>${children}</span>`}</button>`;
}
