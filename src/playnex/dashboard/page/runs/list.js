// The runs that are looked at: pages of them, each row a signal, so that a change of one draws one.
import { batch, signal } from "../vendor/playnex-vendor.js";
import { address, api } from "../api.js";

const PAGE = 100;

export class RunList {
  rows = signal([]);
  total = signal(null);
  error = signal(null);
  byRun = new Map();
  next = null;
  asked = {};
  asking = null;
  early = [];

  look(asked) {
    this.asked = asked;
    return this.again();
  }

  again() {
    this.asking?.abort();
    this.asking = null;
    this.next = null;
    this.error.value = null;
    return this.load(null);
  }

  more() {
    if (this.next !== null && !this.asking) this.load(this.next);
  }

  async load(before) {
    const stop = (this.asking = new AbortController());
    try {
      const said = await api.get(address("/api/runs", { ...this.asked, before, limit: PAGE }), { signal: stop.signal });
      if (this.asking !== stop) return;
      batch(() => {
        if (before === null) this.byRun.clear();
        const old = before === null ? [] : this.rows.peek();
        const fresh = said.runs.filter((row) => !this.byRun.has(row.run)).map((row) => this.keep(row));
        this.rows.value = [...old, ...fresh];
        this.total.value = said.total;
      });
      this.next = said.next ?? null;
      this.asking = null;
      this.hear(this.early.splice(0).filter((row) => !(this.byRun.get(row.run)?.peek().updated > row.updated)));
    } catch (error) {
      if (this.asking !== stop) return;
      this.asking = null;
      this.error.value = error;
    }
  }

  keep(row) {
    const kept = signal(row);
    this.byRun.set(row.run, kept);
    return kept;
  }

  // Rows that changed, from the stream: those that are here are replaced, those that are new and fit go to the top.
  hear(changed) {
    if (this.asking) this.early.push(...changed); // the answer under way may be older than this
    if (this.total.peek() === null) return;
    batch(() => {
      const fresh = [];
      for (const row of changed) {
        const kept = this.byRun.get(row.run);
        if (kept) kept.value = { ...kept.peek(), ...row };
        else if (this.fits(row)) fresh.push(this.keep(row));
      }
      const left = this.rows.peek().filter((row) => this.fits(row.peek()) || this.byRun.delete(row.peek().run) === false);
      if (!fresh.length && left.length === this.rows.peek().length) return;
      this.total.value += fresh.length - (this.rows.peek().length - left.length);
      this.rows.value = [...fresh, ...left].sort((one, other) => (one.peek().run < other.peek().run ? 1 : -1));
    });
  }

  // A run older than the last one shown comes with its page.
  fits(row) {
    const { state, flow, q } = this.asked;
    const oldest = this.next === null ? "" : this.rows.peek().at(-1)?.peek().run || "";
    const text = `${row.title} ${row.flow} ${row.run} ${row.short}`.toLowerCase();
    return (!state || row.state === state) && (!flow || row.flow === flow) && (!q || text.includes(q.toLowerCase())) && row.run >= oldest;
  }
}
