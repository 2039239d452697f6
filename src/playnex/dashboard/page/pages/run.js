import { html } from "../vendor/playnex-vendor.js";
import { usePage } from "../shell/page.js";

export default function Page() {
  usePage({ title: "run" });
  return html`<header class="page-head"><h1>run</h1></header>`;
}
