// What is open above the page: ⌘K, the list of keys, on a phone the other rooms, the form that starts a flow.
import { signal } from "../vendor/playnex-vendor.js";

export const paletteOpen = signal(false);
export const keysOpen = signal(false);
export const moreOpen = signal(false);
export const starting = signal("");

// Any page may call it: opens the form made from the flow's inputs.
export const startFlow = (name) => (starting.value = name);
