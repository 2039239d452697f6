// Light, dark, or as the system says. Only a choice of one's own is kept.
import { effect, signal } from "./vendor/playnex-vendor.js";

const KEPT = "playnex.theme";
export const theme = signal(localStorage.getItem(KEPT) || "system");

effect(() => {
  const chosen = theme.value;
  if (chosen === "system") {
    localStorage.removeItem(KEPT);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEPT, chosen);
    document.documentElement.dataset.theme = chosen;
  }
});

export function turnTheme() {
  theme.value = { system: "light", light: "dark", dark: "system" }[theme.value];
}
