// Whether a media query holds, now and as it changes.
import { useEffect, useState } from "../vendor/playnex-vendor.js";

export function useMedia(asked) {
  const [holds, setHolds] = useState(() => matchMedia(asked).matches);
  useEffect(() => {
    const list = matchMedia(asked);
    const look = () => setHolds(list.matches);
    look();
    list.addEventListener("change", look);
    return () => list.removeEventListener("change", look);
  }, [asked]);
  return holds;
}
