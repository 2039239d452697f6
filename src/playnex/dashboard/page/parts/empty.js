// What stands where nothing is: what would be here, and the next command or button.
import { html } from "../vendor/playnex-vendor.js";
import { CodeBlock } from "./code.js";
import { Icon } from "./icon.js";

export function Empty({ icon = "search", title, text, command, children }) {
  return html`<div class="empty"><span class="empty-icon"><${Icon} name=${icon} size=${22} /></span>
    <h2>${title}</h2>${text && html`<p>${text}</p>`}
    ${command && html`<${CodeBlock} text=${command} label="Command" />`}
    ${children && html`<div class="empty-more">${children}</div>`}</div>`;
}

// For a page whose data could not be had.
export function Failed({ error, onRetry }) {
  return html`<${Empty} icon="alert" title=${error.message} text=${error.hint}>
    ${onRetry && html`<button class="button" onClick=${onRetry}>Try again</button>`}<//>`;
}
