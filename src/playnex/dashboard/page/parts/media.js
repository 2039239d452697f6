// What the window gives, now and as it changes: whether a media query holds, and how much room an element has.
import { useEffect, useLayoutEffect, useState } from "../vendor/playnex-vendor.js";

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

// { width, height } of the element in that ref, in pixels; null before it is laid out.
export function useRoom(box) {
  const [room, setRoom] = useState(null);
  useLayoutEffect(() => {
    const look = () => box.current && setRoom({ width: box.current.clientWidth, height: box.current.clientHeight });
    look();
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return room;
}
