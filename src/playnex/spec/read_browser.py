"""Reads the `browser` key of a server's entry: which hosts it may reach, and how long and how often it is used."""

from playnex.spec.browser import EXAMPLES, MOST_SECONDS, MOST_STEPS, SECONDS, STEPS, BrowserSpec, HostRule, host_rule
from playnex.spec.located import Entry, ListNode, MapNode, Node, ScalarNode, find
from playnex.spec.reading import Reading

KEYS = ("hosts", "steps", "time")


def read_browser(reading: Reading, entry: Entry) -> BrowserSpec | None:
    """What the key says, or None where it is faulty."""
    node = reading.map(entry.value, "`browser`", hint='write it as {"hosts": ["example.com"]}')
    if node is None:
        return None
    reading.keys(node, KEYS, what="`browser`")
    steps = reading.whole(find(node, "steps"), "`steps`", least=1, most=MOST_STEPS)
    return BrowserSpec(hosts=_hosts(reading, entry, node), steps=steps or STEPS, seconds=_seconds(reading, find(node, "time")) or SECONDS)


def _hosts(reading: Reading, entry: Entry, node: MapNode) -> tuple[HostRule, ...]:
    said = find(node, "hosts")
    if said is None or (isinstance(said, ListNode) and not said.items):
        reading.fault(said or entry, "`browser` names no `hosts`, so it could go nowhere", hint=f"name them: {EXAMPLES}")
        return ()
    items = (said,) if isinstance(said, ScalarNode) else getattr(said, "items", ())
    texts = reading.texts(said, "`hosts`")
    found = (_host(reading, item, text) for item, text in zip(items, texts, strict=False))
    return tuple(rule for rule in found if rule)


def _host(reading: Reading, node: Node, text: str) -> HostRule | None:
    try:
        return host_rule(text)
    except ValueError as error:
        reading.fault(node, f"{text!r} is no host that a browser can be kept to", hint=str(error))
        return None


def _seconds(reading: Reading, node: Node | None) -> float | None:
    seconds = reading.duration(node, "`time`")
    if seconds and node and seconds > MOST_SECONDS:
        reading.fault(node, "`time` is more than a day", hint="write a time such as 10m or 2h")
    return seconds
