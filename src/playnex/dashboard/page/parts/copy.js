import { toast } from "./toasts.js";

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not let the page copy", { tone: "bad", hint: "mark the text and copy it yourself" });
  }
}
