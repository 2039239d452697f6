// Data of the server for a page: asked for when its address changes, and again when the page says so; old data stays until new is there.
import { useEffect, useRef, useState } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";

export function useLoad(path) {
  const [state, set] = useState({ path, data: null, error: null });
  const [round, setRound] = useState(0);
  const asked = useRef(null);
  useEffect(() => {
    if (!path) return;
    asked.current?.abort();
    const stop = (asked.current = new AbortController());
    api.get(path, { signal: stop.signal }).then(
      (data) => stop.signal.aborted || set({ path, data, error: null }),
      (error) => stop.signal.aborted || set((before) => ({ path, data: before.path === path ? before.data : null, error })),
    );
    return () => stop.abort();
  }, [path, round]);
  const current = state.path === path ? state : { data: null, error: null };
  return { ...current, again: () => setRound((before) => before + 1), keep: (data) => set({ path, data, error: null }) };
}

// Ask again every so often while it is worth it and the page can be seen.
export function useEvery(milliseconds, does, isWorth) {
  const latest = useRef(does);
  latest.current = does;
  useEffect(() => {
    if (!isWorth) return;
    const clock = setInterval(() => document.hidden || latest.current(), milliseconds);
    return () => clearInterval(clock);
  }, [milliseconds, isWorth]);
}
