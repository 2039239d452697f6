// What stands there where this browser has no token: how to get a link, and a box for a code.
import { html, useState } from "../vendor/playnex-vendor.js";
import { CodeBlock } from "../parts/code.js";
import { refusal, signIn } from "../session.js";

export function SignIn() {
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    await signIn(code.includes("code=") ? code.split("code=")[1] : code);
    setBusy(false);
  };
  return html`<main class="sign-in">
    <img src=${new URL("../mark.svg", import.meta.url).href} alt="" width="40" height="40" />
    <h1>Open the dashboard from your terminal</h1>
    <p>This browser is not signed in. A link from your own terminal is all it takes: no account, no password.</p>
    <${CodeBlock} text="playnex dashboard" label="Command" />
    <form onSubmit=${submit}>
      <label for="code">Or paste the link, or its code</label>
      <div class="sign-in-row">
        <input id="code" class="input mono" value=${code} autocomplete="off" spellcheck="false" onInput=${(event) => setCode(event.target.value)} />
        <button class="button primary" disabled=${!code.trim() || busy}>Sign in</button>
      </div>
    </form>
    ${refusal.value && html`<p class="sign-in-refusal" role="alert">${refusal.value}</p>`}
  </main>`;
}
