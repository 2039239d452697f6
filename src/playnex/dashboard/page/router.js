// Where we are: the path and the query of the address. Links inside the page change it without loading anything.
import { computed, signal } from "./vendor/playnex-vendor.js";

const here = () => ({ path: location.pathname, query: Object.fromEntries(new URLSearchParams(location.search)) });

export const place = signal(here());
export const path = computed(() => place.value.path);
export const query = computed(() => place.value.query);

addEventListener("popstate", () => (place.value = here()));

export function go(to, { replace = false } = {}) {
  if (to === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  const moved = place.value.path !== location.pathname;
  place.value = here();
  if (moved) scrollTo(0, 0);
}

// Changes some words of the query; null or "" takes one away. What a person would not go back to replaces the address.
export function ask(changes, { replace = true } = {}) {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  go(location.pathname + (text ? `?${text}` : ""), { replace });
}

// "/runs/:run" against "/runs/01AB": { run: "01AB" }, or null.
export function match(pattern, path) {
  const wanted = pattern.split("/");
  const found = path.split("/");
  const rest = wanted.at(-1)?.startsWith("*");
  if (rest ? found.length < wanted.length : wanted.length !== found.length) return null;
  const params = {};
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith("*")) params[part.slice(1)] = found.slice(index).map(decodeURIComponent).join("/");
    else if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(found[index]);
    else if (part !== found[index]) return null;
  }
  return params;
}

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
