// Markdown as elements of our own: marked only cuts the text into tokens. HTML in it is shown as text, an image as a link, and a link
// leads only to http, https or mailto.
import { html, signal } from "../vendor/playnex-vendor.js";
import { CodeBlock } from "./code.js";

const SAFE = /^(https?:|mailto:)/i;

const lexer = signal(null); // fetched with the first text that is shown
let coming = null;

export function Markdown({ text }) {
  coming ||= import("../vendor/marked.js").then(({ Lexer }) => (lexer.value = Lexer), () => (coming = null));
  let tokens;
  try {
    tokens = lexer.value.lex(text || "", { gfm: true });
  } catch {
    return html`<div class="prose"><p>${text}</p></div>`;
  }
  return html`<div class="prose">${blocks(tokens)}</div>`;
}

const blocks = (tokens) => (tokens || []).map((token) => block(token));

function block(token) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return html`<h3 class=${`prose-h${token.depth}`}>${inline(token.tokens)}</h3>`;
    case "paragraph":
      return html`<p>${inline(token.tokens)}</p>`;
    case "code":
      return html`<${CodeBlock} text=${token.text} label=${token.lang || "Code"} wrap=${false} />`;
    case "blockquote":
      return html`<blockquote>${blocks(token.tokens)}</blockquote>`;
    case "list":
      return list(token);
    case "table":
      return table(token);
    case "hr":
      return html`<hr />`;
    case "text":
      return token.tokens ? inline(token.tokens) : plain(token.text);
    default:
      return html`<p>${token.raw}</p>`;
  }
}

function list(token) {
  const items = token.items.map((item) => html`<li>${item.task && html`<span aria-label=${item.checked ? "done" : "open"}>${item.checked ? "☑ " : "☐ "}</span>`}${blocks(item.tokens)}</li>`);
  return token.ordered ? html`<ol start=${token.start || 1}>${items}</ol>` : html`<ul>${items}</ul>`;
}

function table(token) {
  return html`<div class="prose-table" tabindex="0" role="group" aria-label="Table"><table>
    <thead><tr>${token.header.map((cell) => html`<th>${inline(cell.tokens)}</th>`)}</tr></thead>
    <tbody>${token.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell.tokens)}</td>`)}</tr>`)}</tbody></table></div>`;
}

const inline = (tokens) => (tokens || []).map((token) => piece(token));

function piece(token) {
  switch (token.type) {
    case "strong":
      return html`<strong>${inline(token.tokens)}</strong>`;
    case "em":
      return html`<em>${inline(token.tokens)}</em>`;
    case "del":
      return html`<del>${inline(token.tokens)}</del>`;
    case "codespan":
      return html`<code>${plain(token.text)}</code>`;
    case "br":
      return html`<br />`;
    case "link":
      return link(token.href, inline(token.tokens));
    case "image":
      return link(token.href, `🖼 ${plain(token.text) || token.href}`);
    case "text":
    case "escape":
      return token.tokens ? inline(token.tokens) : plain(token.text);
    default:
      return token.raw;
  }
}

function link(href, children) {
  const to = plain(href || "").trim();
  if (!SAFE.test(to)) return html`<span>${children}</span>`;
  return html`<a href=${to} rel="noopener noreferrer" target="_blank">${children}</a>`;
}

// The lexer leaves entities such as &amp; in its texts; these five are all that a model's text needs.
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const plain = (text) => (text || "").replace(/&(amp|lt|gt|quot|#39);/g, (found) => ENTITIES[found]);
