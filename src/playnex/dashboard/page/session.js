// Who we are to the server: one token, kept in this origin's storage, got for a code that is good once.
import { signal } from "./vendor/playnex-vendor.js";

const KEPT = "playnex.token";

export const token = signal(localStorage.getItem(KEPT) || "");
export const refusal = signal("");

addEventListener("storage", (event) => {
  if (event.key === KEPT) token.value = event.newValue || "";
});

// The code stands in the address's fragment, which no server sees; it goes before anything else is done with the address.
export async function signInByAddress() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  await signIn(code);
}

export async function signIn(code) {
  try {
    const answer = await fetch("/api/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code: code.trim() }),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error?.message || "that code is not good");
    localStorage.setItem(KEPT, body.token);
    refusal.value = "";
    token.value = body.token;
  } catch (error) {
    refusal.value = error.message;
  }
}

export function signOut(why = "") {
  localStorage.removeItem(KEPT);
  refusal.value = why;
  token.value = "";
}
