// Keys of a plain text box: Tab indents (Esc, then Tab leaves), Enter keeps the indentation and goes on with a list.
export function typing(onText) {
  let leaving = false;
  return (event) => {
    const box = event.currentTarget;
    if (event.key === "Escape") return void (leaving = true);
    if (event.key === "Tab" && !leaving && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.shiftKey ? outdent(box) : put(box, "  ");
      onText(box.value);
    }
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.isComposing) {
      const line = box.value.slice(box.value.lastIndexOf("\n", box.selectionStart - 1) + 1, box.selectionStart);
      const [, indent, mark = ""] = line.match(/^(\s*)([-*] (?=\S))?/);
      if (indent || mark) {
        event.preventDefault();
        put(box, `\n${indent}${mark}`);
        onText(box.value);
      }
    }
    leaving = false;
  };
}

function put(box, text) {
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
}

function outdent(box) {
  const start = box.value.lastIndexOf("\n", box.selectionStart - 1) + 1;
  const spaces = box.value.slice(start).match(/^ {0,2}/)[0].length;
  const at = Math.max(start, box.selectionStart - spaces);
  box.setRangeText("", start, start + spaces, "end");
  box.setSelectionRange(at, at);
}
