// Tabs by the book: one stop of Tab, arrows move, the panel is named by its tab.
import { html, useRef } from "../vendor/playnex-vendor.js";

// tabs: [{ id, says, count? }]
export function Tabs({ tabs, at, onChange, label, children }) {
  const bar = useRef(null);
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = tabs.findIndex((tab) => tab.id === at);
    const next = Math.abs(step) === 1 ? (index + step + tabs.length) % tabs.length : step < 0 ? 0 : tabs.length - 1;
    onChange(tabs[next].id);
    bar.current.children[next].focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} ref=${bar} onKeyDown=${move}>
      ${tabs.map((tab) => html`<button key=${tab.id} role="tab" id=${`tab-${tab.id}`} aria-controls=${`panel-${tab.id}`} aria-selected=${tab.id === at} tabindex=${tab.id === at ? 0 : -1} onClick=${() => onChange(tab.id)}>
        ${tab.says}${tab.count ? html`<span class="tab-count">${tab.count}</span>` : null}</button>`)}
    </div>
    <div class="panel" role="tabpanel" id=${`panel-${at}`} aria-labelledby=${`tab-${at}`} tabindex="0">${children}</div>`;
}
