// What stands where nothing is: what would be here, and the next command or button.
import { html } from "../vendor/playnex-vendor.js";
import { CodeBlock } from "./code.js";
import { Icon } from "./icon.js";

// `whole`: it is all that the page has, so its title is the page's.
export function Empty({ icon = "search", title, text, command, whole = false, children }) {
  return html`<div class="empty"><span class="empty-icon"><${Icon} name=${icon} size=${22} /></span>
    ${whole ? html`<h1>${title}</h1>` : html`<h2>${title}</h2>`}${text && html`<p>${text}</p>`}
    ${command && html`<${CodeBlock} text=${command} label="Command" />`}
    ${children && html`<div class="empty-more">${children}</div>`}</div>`;
}

// For a page whose data could not be had.
// `back`: [address, words] of the list in which to look for what is not there.
export function Failed({ error, onRetry, whole = false, back }) {
  const isGone = error.status === 404;
  return html`<${Empty} icon="alert" whole=${whole} title=${error.message} text=${error.hint}>
    ${isGone && back && html`<a class="button" href=${back[0]}>${back[1]}</a>`}${onRetry && !isGone && html`<button class="button" onClick=${onRetry}>Try again</button>`}<//>`;
}
