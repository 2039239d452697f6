// The list of keys, opened by ?.
import { html } from "../vendor/playnex-vendor.js";
import { layers, shown } from "../keys.js";
import { Dialog } from "../parts/dialog.js";
import { keysOpen } from "./open.js";

export default function KeyList() {
  const groups = layers.peek().filter((layer) => !layer.alone && layer.keys.some((one) => !one.hidden));
  return html`<${Dialog} title="Keys" onClose=${() => (keysOpen.value = false)} narrow>
    ${groups.map((layer, index) => html`<dl class="key-list" key=${index}>
      ${layer.keys.filter((one) => !one.hidden).map((one) => html`<div key=${one.key}><dt>${one.says}</dt><dd><kbd>${shown(one)}</kbd></dd></div>`)}
    </dl>`)}
  <//>`;
}
