// The bar between two panels: dragged with the mouse, moved with the arrows, remembered by name.
import { html, signal } from "../vendor/playnex-vendor.js";

const kept = (name) => Number(localStorage.getItem(`playnex.split.${name}`)) || 0;

export function splitSize(name, first) {
  return signal(kept(name) || first);
}

// `towards` is the side on which the sized panel lies: "right" or "bottom".
export function Split({ name, size, towards, least, most, label }) {
  const across = towards === "right";
  const set = (value) => {
    size.value = Math.round(Math.min(most(), Math.max(least, value)));
    localStorage.setItem(`playnex.split.${name}`, String(size.value));
  };
  const drag = (event) => {
    event.preventDefault();
    const bar = event.currentTarget;
    bar.setPointerCapture(event.pointerId);
    const [from, before] = [across ? event.clientX : event.clientY, size.value];
    bar.onpointermove = (moved) => set(before + from - (across ? moved.clientX : moved.clientY));
    bar.onpointerup = () => (bar.onpointermove = bar.onpointerup = null);
  };
  const key = (event) => {
    const step = across ? { ArrowLeft: 24, ArrowRight: -24 }[event.key] : { ArrowUp: 24, ArrowDown: -24 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    set(size.value + step);
  };
  return html`<div class="split" data-towards=${towards} role="separator" tabindex="0" aria-label=${label} aria-orientation=${across ? "vertical" : "horizontal"}
    aria-valuenow=${size.value} aria-valuemin=${least} aria-valuemax=${Math.max(least, Math.round(most()))} onPointerDown=${drag} onKeyDown=${key}></div>`;
}
