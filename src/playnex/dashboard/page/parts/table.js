// A long table of which only what can be seen is drawn. Rows are of one height; the next ones are asked for before they are needed.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/playnex-vendor.js";

const SPARE = 12; // rows drawn above and below what can be seen
const NEAR = 40; // rows before the end at which more are asked for

// columns: [{ id, says, width, cell(row), align?, narrow?: false hides it on a phone }]
// `onKey(event, row, index)` and `onOpen(row)` act on the row with the keyboard's cursor.
export function Table({ columns, rows, total, keyOf, rowHeight = 40, label, onNear, onOpen, hrefOf, isMarked, cursor, onCursor }) {
  const scroller = useRef(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const box = scroller.current;
    const look = () => setView({ top: box.scrollTop, height: box.clientHeight });
    const watch = new ResizeObserver(look);
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - SPARE);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + SPARE);
  useEffect(() => {
    if (last > rows.length - NEAR) onNear?.();
  }, [last, rows.length]);
  useEffect(() => {
    const box = scroller.current;
    if (cursor === undefined || cursor < 0) return;
    if (cursor * rowHeight < box.scrollTop) box.scrollTop = cursor * rowHeight;
    if ((cursor + 2) * rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = (cursor + 2) * rowHeight - box.clientHeight;
  }, [cursor]);
  const grid = { "--columns": columns.map((one) => one.width).join(" "), "--columns-narrow": columns.filter((one) => one.narrow !== false).map((one) => one.narrowWidth || one.width).join(" ") };
  return html`<div class="table" style=${grid} role="table" aria-label=${label} aria-rowcount=${total ?? rows.length}>
    <div class="table-scroll" ref=${scroller} tabindex="0" role="rowgroup" aria-label=${label} onScroll=${(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}>
      <div class="table-head" role="row">${columns.map((one) => html`<span key=${one.id} role="columnheader" class=${cellClass(one)}>${one.head || one.says}</span>`)}</div>
      <div class="table-body" role="presentation" style=${{ height: `${rows.length * rowHeight}px` }}>
        ${rows.slice(first, last).map((row, index) => html`<${Row} key=${keyOf(row)} row=${row} columns=${columns} top=${(first + index) * rowHeight} height=${rowHeight} number=${first + index}
          marked=${isMarked?.(row)} current=${cursor === first + index} href=${hrefOf?.(row)} onOpen=${onOpen} onCursor=${onCursor} />`)}
      </div>
    </div></div>`;
}

const cellClass = (column) => ["cell", column.align === "end" ? "end" : "", column.narrow === false ? "wide-only" : ""].join(" ");

function Row({ row, columns, top, height, number, marked, current, onOpen, onCursor }) {
  const click = (event) => {
    if (event.target.closest("a, button, input, label")) return;
    onCursor?.(number);
    onOpen?.(row, event);
  };
  return html`<div role="row" class="table-row" aria-rowindex=${number + 2} aria-selected=${marked === undefined ? null : Boolean(marked)} data-current=${current ? "yes" : null}
    style=${{ top: `${top}px`, height: `${height}px` }} onClick=${click}>
    ${columns.map((one) => html`<span key=${one.id} role="cell" class=${cellClass(one)}>${one.cell(row)}</span>`)}</div>`;
}
