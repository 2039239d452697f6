// A run as the page knows it: a snapshot at a position, and the patches after it. A patch replaces whole rows, so the page cannot come to
// another picture than the server. Every row is a signal of its own: what changes is drawn, nothing else.
import { batch, signal } from "../vendor/playnex-vendor.js";
import { api } from "../api.js";
import { listen, watch } from "../stream.js";

const PACE = 150; // milliseconds between two drawings of the timeline

export class RunStore {
  header = signal(null);
  keys = signal([]);
  graph = signal({ nodes: [], edges: [] });
  error = signal(null);
  frame = signal(null); // which frame of the replay is shown; null: the run as it is now
  frames = signal([]);
  said = signal({}); // what models say just now, by the key of their request
  rows = new Map();
  paced = signal(0); // counts changes of rows, a few times a second at most
  latest = { run: {}, steps: new Map() };
  position = 0;
  queue = [];
  due = 0;
  stops = [];

  constructor(asked) {
    this.asked = asked;
  }

  async open() {
    try {
      await this.load();
      this.stops.push(listen((line) => {
        if (line.run !== this.run) return;
        if (line.patch) this.hear(line);
        if (line.said) this.said.value = { ...this.said.peek(), ...line.said };
      }));
      this.stops.push(watch({ runs: { [this.run]: this.position } }));
    } catch (error) {
      this.error.value = error;
    }
  }

  async load() {
    const said = await api.get(`/api/runs/${encodeURIComponent(this.asked)}`);
    if (this.closed) return;
    this.run = said.header.run;
    this.position = said.position;
    this.latest = { run: said.header, steps: new Map(said.steps.map((row) => [row.key, row])) };
    this.graph.value = said.graph || { nodes: [], edges: [] };
    if (this.frame.peek() === null) this.show(this.latest);
  }

  close() {
    this.closed = true;
    for (const stop of this.stops) stop();
    cancelAnimationFrame(this.due);
    clearTimeout(this.pause);
  }

  // Patches that come within one frame are shown together.
  hear(line) {
    if (line.position < this.position) return; // at the same one: that a worker came or went, which no position tells
    this.position = line.position;
    this.queue.push(line.patch);
    if (document.hidden) this.drain();
    else this.due ||= requestAnimationFrame(() => this.drain());
  }

  drain() {
    this.due = 0;
    const patches = this.queue.splice(0);
    for (const patch of patches) fold(this.latest, patch);
    if (this.frame.peek() === null) this.show(this.latest, patches);
  }

  // The first change after a pause is told at once.
  pace() {
    if (this.pause) return void (this.missed = true);
    this.paced.value++;
    this.pause = setTimeout(() => {
      this.pause = 0;
      if (this.missed) this.pace();
      this.missed = false;
    }, PACE);
  }

  // With `patches`, only what they name is looked at.
  show(state, patches) {
    batch(() => {
      if (!patches || patches.some((patch) => patch.run && Object.keys(patch.run).length)) this.header.value = { ...state.run };
      const changed = patches ? patches.flatMap((patch) => patch.steps.map((row) => row.key)) : [...state.steps.keys()];
      for (const key of changed) {
        const row = state.steps.get(key);
        if (this.rows.has(key)) this.rows.get(key).value = row;
        else this.rows.set(key, signal(row));
      }
      const keys = this.keys.peek();
      if (state.steps.size !== keys.length || (!patches && keys.some((key) => !state.steps.has(key)))) this.keys.value = [...state.steps.keys()];
      this.pace();
    });
  }

  row(key) {
    return this.rows.get(key)?.value;
  }

  // What a step's model says just now; empty where none does.
  spoken(key) {
    if (this.frame.value !== null) return "";
    const said = this.said.value;
    return Object.keys(said).filter((step) => step === key || step.startsWith(`${key}/`)).map((step) => said[step]).join("");
  }

  // Rows right below one, in order.
  below(parent) {
    return this.keys.value.filter((key) => this.rows.get(key)?.value.parent === parent);
  }

  async startReplay() {
    const said = await api.get(`/api/runs/${this.run}/frames`);
    this.frames.value = said.frames;
    if (said.frames.length) this.goTo(0);
  }

  // All patches up to that frame, as the server would fold them.
  goTo(index) {
    const frames = this.frames.peek();
    const at = Math.min(frames.length - 1, Math.max(0, index));
    const state = { run: { run: this.run, short: this.latest.run.short, commands: this.latest.run.commands }, steps: new Map() };
    for (const frame of frames.slice(0, at + 1)) fold(state, frame.patch);
    this.frame.value = at;
    this.show(state);
  }

  endReplay() {
    this.frame.value = null;
    this.show(this.latest);
  }

  // The moment that is shown, in milliseconds: in a replay, that of its frame.
  moment(now) {
    const at = this.frame.value;
    return at === null ? now : this.frames.value[at].at * 1000;
  }
}

function fold(state, patch) {
  Object.assign(state.run, patch.run);
  for (const row of patch.steps || []) state.steps.set(row.key, row);
}
