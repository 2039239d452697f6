// Grey lines where text will stand, so that nothing jumps when it comes.
import { html } from "../vendor/playnex-vendor.js";

const WIDTHS = ["w90", "w70", "w80", "w50", "w75", "w60"];

export function Skeleton({ lines = 4 }) {
  return html`<div class="skeleton" role="progressbar" aria-busy="true" aria-label="Loading">${Array.from({ length: lines }, (_, index) => html`<i class=${WIDTHS[index % WIDTHS.length]} key=${index}></i>`)}</div>`;
}
