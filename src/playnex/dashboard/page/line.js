// The one connection to the server's stream, shared by every tab that is open. It lives in a SharedWorker, or in the page where a
// browser has none. It knows what each tab follows and how far each is, so that after a lost connection everyone gets the rest.

const SILENCE = 25_000; // the server says something every 10 seconds
const WAITS = [250, 500, 1000, 2000, 4000];

export class Line {
  tabs = new Map();
  token = "";
  stream = "";
  state = "connecting";
  tries = 0;
  stale = false; // the server does not know yet what the tabs follow
  declaring = false;

  // `send` gives a message to the tab.
  join(id, send) {
    this.tabs.set(id, { send, runs: {}, batches: [] });
    send({ state: this.state });
  }

  leave(id) {
    this.tabs.delete(id);
    if (this.tabs.size) this.declare();
    else this.stopReading?.abort();
  }

  heard(id, { token, watch }) {
    if (token !== undefined && token !== this.token) {
      this.token = token;
      this.stopReading?.abort();
      if (token && !this.going) this.keepGoing();
    }
    const tab = this.tabs.get(id);
    if (watch && tab) {
      tab.runs = { ...watch.runs };
      tab.batches = watch.batches;
      this.declare();
    }
  }

  async keepGoing() {
    this.going = true;
    while (this.token && this.tabs.size) {
      try {
        await this.read();
      } catch {
        // the server went away, or a tab asked for another connection: try again below
      }
      this.stream = "";
      if (!this.token || !this.tabs.size) break;
      this.become("lost");
      await new Promise((wake) => setTimeout(wake, WAITS[Math.min(this.tries++, WAITS.length - 1)]));
    }
    this.going = false;
  }

  async read() {
    const stop = (this.stopReading = new AbortController());
    let silence = setTimeout(() => stop.abort(), SILENCE);
    try {
      const answer = await fetch("/api/stream", { headers: { authorization: `Bearer ${this.token}` }, signal: stop.signal });
      if (answer.status === 401) this.token = "";
      if (!answer.ok) throw new Error(`the stream answered ${answer.status}`);
      const decoder = new TextDecoder();
      const reader = answer.body.getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(() => stop.abort(), SILENCE);
        const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
        rest = lines.pop();
        for (const text of lines) if (text) this.told(JSON.parse(text));
      }
    } finally {
      clearTimeout(silence);
      stop.abort();
    }
  }

  told(line) {
    if (line.stream !== undefined) {
      this.stream = line.stream;
      this.tries = 0;
      this.become("live");
      this.declare();
      return;
    }
    for (const tab of this.tabs.values()) {
      if (line.run !== undefined) {
        if (!(line.run in tab.runs)) continue;
        if (line.position !== undefined) tab.runs[line.run] = Math.max(tab.runs[line.run], line.position);
      }
      tab.send({ line });
    }
  }

  // Tell the server what the tabs follow now. One telling after another: two at once could arrive in the wrong order.
  async declare() {
    this.stale = true;
    if (this.declaring) return;
    this.declaring = true;
    while (this.stale && this.stream) {
      this.stale = false;
      await this.tell(this.stream);
    }
    this.declaring = false;
  }

  // All that is followed, each run from where the tab that is least far has got to.
  async tell(stream) {
    const runs = {};
    const batches = new Set();
    for (const tab of this.tabs.values()) {
      for (const [run, position] of Object.entries(tab.runs)) runs[run] = Math.min(runs[run] ?? Infinity, position);
      for (const batch of tab.batches) batches.add(batch);
    }
    const answer = await fetch(`/api/stream/${stream}/watch`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: JSON.stringify({ runs, batches: [...batches] }),
    }).catch(() => null);
    if (!answer?.ok && stream === this.stream) this.stopReading?.abort();
  }

  become(state) {
    this.state = state;
    for (const tab of this.tabs.values()) tab.send({ state });
  }
}
