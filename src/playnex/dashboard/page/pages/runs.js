import { html } from "../vendor/playnex-vendor.js";
import { usePage } from "../shell/page.js";

export default function Page() {
  usePage({ title: "runs" });
  return html`<header class="page-head"><h1>runs</h1></header>`;
}
