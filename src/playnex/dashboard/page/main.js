// Starts the page: signs in by the address's code, opens the stream, draws the frame.
import { html, render } from "./vendor/playnex-vendor.js";
import { go } from "./router.js";
import { signInByAddress } from "./session.js";
import { Frame } from "./shell/frame.js";
import { openStream } from "./stream.js";
import "./theme.js";

await signInByAddress();
if (location.pathname === "/") go("/runs", { replace: true });
openStream();
render(html`<${Frame} />`, document.getElementById("app"));
