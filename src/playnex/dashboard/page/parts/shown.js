// Any value for people: Markdown for a text, a tree for the rest; either may be seen as it is.
import { html, useState } from "../vendor/playnex-vendor.js";
import { CodeBlock } from "./code.js";
import { JsonTree } from "./json_tree.js";
import { Markdown } from "./markdown.js";

export function Shown({ value, label = "Text" }) {
  const [bare, setBare] = useState(false);
  if (value === null || value === undefined || value === "") return null;
  const isText = typeof value === "string";
  const isSmall = !isText && (typeof value !== "object" || Object.keys(value).length === 0);
  const text = isText ? value : JSON.stringify(value, null, 2);
  if (isSmall) return html`<${CodeBlock} text=${text} label=${label} />`;
  return html`<div class="shown">
    <button class="link shown-turn" aria-pressed=${bare} onClick=${() => setBare(!bare)}>${bare ? (isText ? "Rendered" : "As a tree") : "As it is"}</button>
    ${bare ? html`<${CodeBlock} text=${text} label=${label} />` : isText ? html`<${Markdown} text=${value} />` : html`<${JsonTree} value=${value} />`}</div>`;
}
