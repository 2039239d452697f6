// A list at the left and what was chosen of it at the right; on a phone one after the other.
import { html } from "../vendor/playnex-vendor.js";
import { Icon } from "./icon.js";

export function Sides({ list, children, isOpen, back, label }) {
  return html`<div class="sides" data-open=${isOpen ? "yes" : "no"}>
    <section class="sides-list" aria-label=${label}>${list}</section>
    <section class="sides-one" aria-label="Chosen">
      ${isOpen && html`<a class="sides-back" href=${back}><${Icon} name="chevron" size=${14} />${label}</a>`}
      ${children}
    </section></div>`;
}
