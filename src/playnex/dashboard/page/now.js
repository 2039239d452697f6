// The moment, four times a second while the page can be seen, for what is still under way.
import { signal } from "./vendor/playnex-vendor.js";

export const now = signal(Date.now());
setInterval(() => document.hidden || (now.value = Date.now()), 250);

// Seconds that something has taken by now.
export function lasting(began, ended, at = now.value) {
  if (began === null || began === undefined) return null;
  return Math.max(0, (ended ?? at / 1000) - began);
}
