// The inbox: what waits for a person, the longest first, and the answers to it.
import { html, useMemo } from "../vendor/playnex-vendor.js";
import { Ask } from "../parts/ask.js";
import { Empty, Failed } from "../parts/empty.js";
import { useLoad } from "../parts/load.js";
import { useMedia } from "../parts/media.js";
import { Sides } from "../parts/sides.js";
import { Skeleton } from "../parts/skeleton.js";
import { go } from "../router.js";
import { usePage } from "../shell/page.js";
import { useStream } from "../stream.js";
import { ago } from "../words.js";

const KINDS = { approval: ["◐", "wait", "approval"], outcome: ["?", "bad", "outcome unknown"], parked: ["‖", "wait", "parked"] };

export default function Inbox({ params }) {
  const { data, error, again } = useLoad("/api/inbox");
  const narrow = useMedia("(max-width: 720px)");
  useStream((line) => line.inbox !== undefined && again());
  const items = data?.items || [];
  const at = items.findIndex((item) => item.id === params.item);
  const item = items[at] || (narrow && !params.item ? null : items[0]);
  const keys = useMemo(() => {
    const move = (step) => items.length && go(`/inbox/${items[(Math.max(at, 0) + step + items.length) % items.length].id}`);
    return [{ key: "j", says: "Next item", does: () => move(1) }, { key: "k", says: "Item before", does: () => move(-1) }];
  }, [data, at]);
  usePage({ title: "Inbox", command: item ? `playnex inbox show ${item.id}` : "playnex inbox list", keys });
  if (error && !data) return html`<${Failed} error=${error} onRetry=${again} />`;
  if (!data) return html`<header class="page-head"><h1>Inbox</h1></header><div class="page"><${Skeleton} /></div>`;
  if (!items.length) {
    return html`<header class="page-head"><h1>Inbox</h1></header>
      <${Empty} icon="inbox" title="Nothing waits for you" text="When a run asks before it acts, the question stands here with the whole action. Silence never means yes." command="playnex inbox list" />`;
  }
  const list = html`<header class="page-head"><h1>Inbox</h1><span class="dim num">${items.length}</span></header>
    <ul class="rows" role="list">${items.map((one) => html`<${Line} key=${one.id} item=${one} current=${one === item} />`)}</ul>`;
  return html`<${Sides} label="Inbox" list=${list} isOpen=${Boolean(params.item && at >= 0)} back="/inbox">
    ${item && html`<${Ask} key=${item.id} item=${item} withKeys onDone=${() => (params.item && go("/inbox", { replace: true }), again())} />`}<//>`;
}

function Line({ item, current }) {
  const [sign, tone, says] = KINDS[item.kind];
  return html`<li><a class="row" href=${`/inbox/${item.id}`} aria-current=${current ? "true" : null}>
    <i class="sign" data-tone=${tone} title=${says}>${sign}</i>
    <span class="row-text"><b class="cut">${item.message}</b><small class="cut">${item.flow} · ${item.step || says}</small></span>
    <small class="dim num">${ago(item.since)}</small></a></li>`;
}
