import { html } from "../vendor/playnex-vendor.js";
import { usePage } from "../shell/page.js";

export default function Page() {
  usePage({ title: "compare" });
  return html`<header class="page-head"><h1>compare</h1></header>`;
}
