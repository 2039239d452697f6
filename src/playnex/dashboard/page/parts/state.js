// The sign of a state: a mark, a colour and a word.
import { html } from "../vendor/playnex-vendor.js";
import { stateOf } from "../words.js";

// All that breathes does so together, ten times a second: each at its own moment would have the page drawn for each.
addEventListener("animationstart", ({ animationName, target }) => {
  if (animationName === "breathe") for (const one of target.getAnimations()) one.startTime = 0;
});

export function State({ state, quiet = false, title }) {
  const { sign, tone, says } = stateOf(state);
  return html`<span class=${quiet ? "state plain" : "state"} data-tone=${tone} data-state=${state} title=${title}><i aria-hidden="true">${sign}</i>${says}</span>`;
}

export function Sign({ state }) {
  const { sign, tone, says } = stateOf(state);
  return html`<i class="sign" data-tone=${tone} data-state=${state} role="img" aria-label=${says} title=${says}>${sign}</i>`;
}
