// The slider: the run as it came to be, from its journal, one change after another.
import { html, useEffect, useState } from "../vendor/playnex-vendor.js";
import { toastError } from "../parts/toasts.js";
import { Icon } from "../parts/icon.js";
import { clock, seconds } from "../words.js";

const STEP = 160; // milliseconds a frame when it plays

export function Slider({ store }) {
  const at = store.frame.value;
  const frames = store.frames.value;
  const [plays, setPlays] = useState(false);
  useEffect(() => {
    if (!plays || at === null) return;
    if (at >= frames.length - 1) return setPlays(false);
    const next = setTimeout(() => store.goTo(at + 1), STEP);
    return () => clearTimeout(next);
  }, [plays, at]);
  if (at === null) {
    return html`<div class="slider closed"><button class="button small ghost" onClick=${() => store.startReplay().catch(toastError)}><${Icon} name="play" />Replay<kbd>l</kbd></button></div>`;
  }
  const frame = frames[at];
  const since = frame.at - frames[0].at;
  return html`<div class="slider" role="group" aria-label="Replay">
    <button class="icon-button" aria-label=${plays ? "Stop" : "Play"} onClick=${() => (at >= frames.length - 1 && store.goTo(0), setPlays(!plays))}><${Icon} name=${plays ? "pause" : "play"} /></button>
    <input type="range" min="0" max=${frames.length - 1} value=${at} aria-label="Moment of the run" aria-valuetext=${`${at + 1} of ${frames.length}, ${seconds(since)} after the start`} onInput=${(event) => (setPlays(false), store.goTo(Number(event.target.value)))} />
    <span class="num dim slider-says">${at + 1} / ${frames.length} · ${clock(frame.at)}</span>
    <button class="button small" onClick=${() => (setPlays(false), store.endReplay())}>Back to now</button>
  </div>`;
}
