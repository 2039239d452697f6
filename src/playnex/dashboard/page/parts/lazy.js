// A component whose module is fetched when it is first shown: what few people open need not be in the first load.
import { html, useEffect, useState } from "../vendor/playnex-vendor.js";
import { toastError } from "./toasts.js";

// `load` gives the module; its default export is the component.
export function Lazy({ load, ...rest }) {
  const [Shown, setShown] = useState(null);
  useEffect(() => {
    load().then((module) => setShown(() => module.default), toastError);
  }, []);
  return Shown && html`<${Shown} ...${rest} />`;
}
