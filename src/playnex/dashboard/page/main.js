// Starts the page: signs in by the address's code, opens the stream, draws the frame.
import { html, render } from "./vendor/playnex-vendor.js";
import { go } from "./router.js";
import { signInByAddress } from "./session.js";
import { Frame } from "./shell/frame.js";
import { openStream } from "./stream.js";
import "./theme.js";

if (location.pathname === "/") go("/runs", { replace: true });
await signInByAddress();
openStream();
render(html`<${Frame} />`, document.getElementById("app"));
