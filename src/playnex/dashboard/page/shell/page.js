// What the page on screen says about itself: its title, the command that does the same in a terminal, its keys.
import { effect, signal, useEffect } from "../vendor/playnex-vendor.js";
import { useKeys } from "../keys.js";

export const title = signal("");
export const command = signal("");
export const workspace = signal(null);
export const actions = signal([]);

effect(() => {
  const inbox = workspace.value?.counts?.inbox;
  document.title = `${inbox ? `(${inbox}) ` : ""}${title.value ? `${title.value} · ` : ""}Playnex`;
});

const NONE = [];

// keys: [{ key, says, does, moves? }], kept the same between renders (useMemo): but for those that only move, they are also what
// ⌘K offers for this page.
export function usePage({ title: named, command: typed = "", keys = NONE }) {
  useEffect(() => {
    title.value = named;
    command.value = typed;
  }, [named, typed]);
  useEffect(() => {
    actions.value = keys.filter((one) => !one.hidden && !one.moves);
    return () => (actions.value = NONE);
  }, [keys]);
  useKeys(keys);
}
