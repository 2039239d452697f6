// Numbers, moments and states as people read them.

export function seconds(value) {
  if (value === null || value === undefined) return "";
  if (value < 0.0995) return `${Math.round(value * 1000)} ms`;
  if (value < 59.95) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)} m${whole % 60 ? ` ${String(whole % 60).padStart(2, "0")} s` : ""}`;
  const minutes = Math.round(whole / 60);
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`;
  return `${Math.round(minutes / 1440)} days`;
}

const COUNT = new Intl.NumberFormat("en");
export const count = (value) => (value === null || value === undefined ? "" : COUNT.format(value));

export function short(value) {
  if (value === null || value === undefined) return "";
  if (value < 10_000) return count(value);
  if (value < 1_000_000) return `${(value / 1000).toFixed(value < 100_000 ? 1 : 0)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
}

export function usd(value) {
  if (value === null || value === undefined) return "";
  if (value === 0) return "$0";
  return `$${value.toFixed(value < 1 ? 4 : 2)}`;
}

// Moments come as seconds since 1970 or as ISO texts; both become milliseconds.
export function moment(value) {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "number") return value > 1e11 ? value : value * 1000;
  return Date.parse(value);
}

const DAY = 86_400_000;
export function ago(value, now = Date.now()) {
  const at = moment(value);
  if (at === null || Number.isNaN(at)) return "";
  const past = Math.max(0, now - at);
  if (past < 10_000) return "just now";
  if (past < 60_000) return `${Math.floor(past / 1000)} s ago`;
  if (past < 3_600_000) return `${Math.floor(past / 60_000)} min ago`;
  if (past < DAY) return `${Math.floor(past / 3_600_000)} h ago`;
  if (past < 7 * DAY) return `${Math.floor(past / DAY)} d ago`;
  return new Date(at).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}

export function clock(value) {
  const at = moment(value);
  if (at === null || Number.isNaN(at)) return "";
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function fullMoment(value) {
  const at = moment(value);
  return at === null || Number.isNaN(at) ? "" : new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

// What each state looks like: a sign besides the colour, so that nobody needs the colour.
export const STATES = {
  pending: { sign: "○", tone: "quiet", says: "pending" },
  queued: { sign: "○", tone: "quiet", says: "queued" },
  running: { sign: "●", tone: "busy", says: "running" },
  waiting: { sign: "◐", tone: "wait", says: "waiting" },
  retry: { sign: "↻", tone: "wait", says: "retrying" },
  parked: { sign: "?", tone: "wait", says: "parked" },
  paused: { sign: "‖", tone: "wait", says: "paused" },
  succeeded: { sign: "✓", tone: "good", says: "succeeded" },
  failed: { sign: "✗", tone: "bad", says: "failed" },
  skipped: { sign: "–", tone: "quiet", says: "skipped" },
  fallback: { sign: "↷", tone: "wait", says: "fallback" },
  cancelled: { sign: "⊘", tone: "quiet", says: "cancelled" },
  interrupted: { sign: "!", tone: "wait", says: "no worker" },
};
export const stateOf = (name) => STATES[name] || { sign: "○", tone: "quiet", says: name || "unknown" };
export const isOver = (state) => state === "succeeded" || state === "failed" || state === "cancelled";
