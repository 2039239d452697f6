// Asks the server. What goes wrong comes as one kind of error, with the message and hint that the terminal would show.
import { early } from "./early.js";
import { signOut, token } from "./session.js";

export class Refused extends Error {
  constructor(status, error) {
    super(error?.message || `the server answered ${status}`);
    Object.assign(this, { status, kind: error?.kind || "error", hint: error?.hint || "", faults: error?.faults || [], error });
  }
}

async function ask(method, path, body, signal) {
  const headers = { authorization: `Bearer ${token.value}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = method === "GET" && (await early(path));
    answer ||= await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { kind: "away", message: "the server does not answer", hint: "start it again: playnex dashboard" });
  }
  const text = await answer.text();
  const said = text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : null;
  if (answer.status === 401) signOut("this browser is not signed in any more");
  if (!answer.ok) throw new Refused(answer.status, said?.error);
  return said;
}

export const api = {
  get: (path, { signal } = {}) => ask("GET", path, undefined, signal),
  post: (path, body = {}) => ask("POST", path, body),
  put: (path, body = {}) => ask("PUT", path, body),
  delete: (path) => ask("DELETE", path),
};

// An address with only those parts of the query that say something.
export function address(path, query = {}) {
  const said = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(said).toString();
  return text ? `${path}?${text}` : path;
}
