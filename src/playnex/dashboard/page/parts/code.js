// A block of code or of any text that must stay as it is, with a button that copies it.
import { html } from "../vendor/playnex-vendor.js";
import { copy } from "./copy.js";
import { Icon } from "./icon.js";

export function CodeBlock({ text, label = "Text", wrap = true }) {
  return html`<div class="code"><pre tabindex="0" role="group" aria-label=${label} data-wrap=${wrap ? "yes" : "no"}><code>${text}</code></pre>
    <button class="code-copy icon-button" aria-label=${`Copy: ${label}`} title="Copy" onClick=${() => copy(text)}><${Icon} name="copy" size=${14} /></button></div>`;
}
