// Resuming a run whose budget is used up: how much more it may take.
import { html, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { Dialog } from "../parts/dialog.js";
import { toast, toastError } from "../parts/toasts.js";
import { count, seconds, usd } from "../words.js";

const PARTS = [["tokens", "Tokens", count], ["usd", "US dollars", usd], ["turns", "Turns", count], ["seconds", "Seconds", seconds]];

export default function RaiseDialog({ header, onClose }) {
  const set = PARTS.filter(([name]) => header.budget?.[name]);
  const [more, setMore] = useState({});
  const submit = (event) => {
    event.preventDefault();
    const budget = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== "").map(([name, value]) => [name === "seconds" ? "time" : name, Number(value)]));
    api.post(`/api/runs/${header.run}/resume`, { budget }).then(() => (toast("It goes on"), onClose()), toastError);
  };
  return html`<${Dialog} title="The budget is used up" narrow onClose=${onClose}><form onSubmit=${submit}>
    <div class="dialog-body"><p>${header.message || "What is finished is kept. Give it a higher limit, and it goes on where it stopped."}</p>
      ${set.map(([name, says, shown], index) => html`<label class="field" key=${name}><span>${says}, until now ${shown(header.budget[name])}</span>
        <input class="input" type="number" autofocus=${index === 0} min="0" step="any" value=${more[name] ?? ""} onInput=${(event) => setMore({ ...more, [name]: event.target.value })} /></label>`)}</div>
    <footer class="dialog-foot"><button class="button" type="button" onClick=${onClose}>Back</button><button class="button primary">Resume</button></footer>
  </form><//>`;
}
