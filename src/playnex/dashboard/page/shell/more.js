// On a phone: the rooms for which the bar has no place, the search and the colours.
import { html } from "../vendor/playnex-vendor.js";
import { Dialog } from "../parts/dialog.js";
import { Icon } from "../parts/icon.js";
import { IN_BAR, ROOMS } from "../rooms.js";
import { theme, turnTheme } from "../theme.js";
import { moreOpen, paletteOpen } from "./open.js";

export default function More() {
  const close = () => (moreOpen.value = false);
  const find = () => (close(), (paletteOpen.value = true));
  return html`<${Dialog} title="More" low onClose=${close}><nav class="more" aria-label="More rooms">
    ${ROOMS.filter((room) => room.nav).slice(IN_BAR).map((room) => html`<a key=${room.path} href=${room.path} onClick=${close}><${Icon} name=${room.icon} />${room.name}</a>`)}
    <button onClick=${find}><${Icon} name="search" />Find anything</button>
    <button onClick=${turnTheme}><${Icon} name="sun" />Colours <span class="dim">${theme.value === "system" ? "as the system" : theme.value}</span></button></nav><//>`;
}
