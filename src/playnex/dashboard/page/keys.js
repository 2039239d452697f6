// Keys. Those on top of the stack win, so a dialog's keys hide the page's. Nothing is heard while someone types.
import { signal, useLayoutEffect, useMemo, useRef } from "./vendor/playnex-vendor.js";

export const layers = signal([]);

// [{ key: "p", says: "Pause", does, mod?: true (⌘ or Ctrl), hidden?: true }]
export function useKeys(keys, { alone = false } = {}) {
  useLayoutEffect(() => {
    const layer = { keys, alone };
    layers.value = [...layers.value, layer];
    return () => (layers.value = layers.value.filter((one) => one !== layer));
  }, [keys, alone]);
}

// ⌘S saves what is in an editor, as it is by then.
export function useSaving(save) {
  const latest = useRef(save);
  latest.current = save;
  useKeys(useMemo(() => [{ key: "s", mod: true, says: "Save", does: () => latest.current() }], []));
}

const TYPED = "input:not([type=checkbox],[type=radio],[type=range],[type=button]), textarea, select, [contenteditable=true]";

addEventListener("keydown", (event) => {
  const mod = event.metaKey || event.ctrlKey;
  const typing = event.target.closest?.(TYPED);
  for (const { keys, alone } of [...layers.value].reverse()) {
    for (const one of keys) {
      if (one.key !== event.key || Boolean(one.mod) !== mod || event.altKey) continue;
      if (typing && !one.mod && event.key !== "Escape") continue;
      if (one.when && !one.when(event)) continue;
      event.preventDefault();
      one.does(event);
      return;
    }
    if (alone) return;
  }
});

export const isMac = /mac|iphone|ipad/i.test(navigator.platform || "");
export const shown = (one) => (one.mod ? (isMac ? "⌘" : "Ctrl ") : "") + (one.key === "Escape" ? "Esc" : one.key === " " ? "Space" : one.mod ? one.key.toUpperCase() : one.key);
