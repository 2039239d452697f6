// A component whose module is fetched when it is first shown: what few people open need not be in the first load.
import { html, useEffect, useState } from "../vendor/playnex-vendor.js";
import { useKeys } from "../keys.js";
import { toastError } from "./toasts.js";

const NONE = [];

// `load` gives the module; its default export is the component.
export function Lazy({ load, ...rest }) {
  const [Shown, setShown] = useState(null);
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    load().then((module) => setShown(() => module.default), (error) => (setLost(true), toastError(error)));
  }, []);
  if (Shown) return html`<${Shown} ...${rest} />`;
  return isLost ? null : html`<${Silence} />`;
}

// Until it is there, what is typed for it must not press the page's keys: an `a` would approve.
function Silence() {
  useKeys(NONE, { alone: true });
  return null;
}
