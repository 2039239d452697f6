// The page's end of the one stream: what arrived, and what this tab wants to follow.
import { effect, signal, useEffect } from "./vendor/playnex-vendor.js";
import { Line } from "./line.js";
import { token } from "./session.js";

export const liveness = signal("connecting"); // connecting | live | lost
const listeners = new Set();
const wishes = new Set();
const id = `playnex-tab-${crypto.randomUUID()}`;
let send = () => {};

export function openStream() {
  send = globalThis.SharedWorker && navigator.locks ? overWorker() : inThisPage();
  effect(() => send({ token: token.value }));
}

// Trusted Types: the only script address that the page ever makes is the worker's own.
function overWorker() {
  const make = { createScriptURL: (url) => url };
  const policy = globalThis.trustedTypes ? trustedTypes.createPolicy("playnex-worker", make) : make;
  const url = policy.createScriptURL(new URL("./stream_worker.js", import.meta.url).href);
  const { port } = new SharedWorker(url, { type: "module", name: "playnex" });
  port.onmessage = ({ data }) => heard(data);
  // The worker asks for this lock as soon as it hears of the tab, and takes having it for the tab's end: so we must have it first.
  let early = [];
  navigator.locks.request(id, () => {
    port.postMessage({ hello: id, token: token.peek() });
    for (const message of early) port.postMessage({ ...message, from: id });
    early = null;
    return new Promise(() => {});
  });
  return (message) => (early ? early.push(message) : port.postMessage({ ...message, from: id }));
}

function inThisPage() {
  const line = new Line();
  line.join(id, heard);
  return (message) => line.heard(id, message);
}

// What the line sent to this tab.
export function heard({ state, line }) {
  if (state) liveness.value = state;
  if (line) for (const listen of listeners) listen(line);
}

// Follow these until the returned function is called: { runs: { RUN: position }, batches: [ID] }.
export function watch(wish) {
  wishes.add(wish);
  say();
  return () => {
    wishes.delete(wish);
    say();
  };
}

function say() {
  const runs = Object.assign({}, ...[...wishes].map((wish) => wish.runs || {}));
  const batches = [...new Set([...wishes].flatMap((wish) => wish.batches || []))];
  send({ watch: { runs, batches } });
}

export function listen(does) {
  listeners.add(does);
  return () => listeners.delete(does);
}

export function useStream(does, deps = []) {
  useEffect(() => listen(does), deps);
}
