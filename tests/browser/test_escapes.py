"""Ways out of the allowed hosts, tried by a real page in a real browser against listeners next door: none of them hears anything, and with
the proxy's check left out they do."""

from pathlib import Path

import pytest

from browser.stage import NextDoor, Page, Site, Window, at_the_window, entry, next_door, site
from playnex.spec.browser import HostRule
from playnex.tools.browser import boundary

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

IN_A_PAGE = {
    "image": "<img src='{out}'>",
    "script": "<script src='{out}'></script>",
    "style": "<link rel=stylesheet href='{out}'>",
    "background": "<div style=\"width:9px;height:9px;background:url('{out}')\">x</div>",
    "font": "<style>@font-face{{font-family:f;src:url('{out}')}}p{{font-family:f}}</style><p>text</p>",
    "frame": "<iframe src='{out}'></iframe>",
    "object": "<object data='{out}'></object>",
    "embed": "<embed src='{out}'>",
    "video": "<video src='{out}' preload=auto autoplay muted></video>",
    "audio": "<audio src='{out}' preload=auto></audio>",
    "track": "<svg width=9 height=9><image href='{out}' width=9 height=9 /></svg>",
    "fetch": "<script>fetch('{out}', {{mode: 'no-cors'}}).catch(() => 0)</script>",
    "post": "<script>fetch('{out}', {{mode: 'no-cors', method: 'POST', body: 'x'}}).catch(() => 0)</script>",
    "request": "<script>const x = new XMLHttpRequest(); x.open('GET', '{out}'); x.send()</script>",
    "beacon": "<script>navigator.sendBeacon('{out}', 'x')</script>",
    "events": "<script>new EventSource('{out}')</script>",
    "socket": "<script>new WebSocket('{out}'.replace('http', 'ws'))</script>",
    "prefetch": "<link rel=prefetch href='{out}'>",
    "preload": "<link rel=preload as=image href='{out}'>",
    "preconnect": "<link rel=dns-prefetch href='{out}'><link rel=preconnect href='{out}'>",
    "speculation": '<script type=speculationrules>{{"prefetch": [{{"urls": ["{out}"], "eagerness": "immediate"}}]}}</script>',
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([\"fetch('{out}', {{mode: 'no-cors'}})\"])))</script>",
    "service-worker": "<script>navigator.serviceWorker.register('/worker.js')</script>",
    "rebased": "<iframe srcdoc=\"<base href='{out}/'><img src='below'>\"></iframe>",
    "data-frame": "<iframe src=\"data:text/html,<img src='{out}'>\"></iframe>",
    "popup": "<script>window.open('{out}')</script>",
    "transport": "<script>new WebTransport('{out}'.replace('http:', 'https:'))</script>",
    "calls": (
        "<script>const p = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}});"
        "p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))</script>"
    ),
}
"""What a page does by itself as soon as it is there."""

BY_A_PAGE = {
    "refresh": "<meta http-equiv=refresh content='0;url={out}'>",
    "location": "<script>location.href = '{out}'</script>",
    "form": "<form id=f action='{out}'></form><script>f.submit()</script>",
    "posted-form": "<form id=f method=post action='{out}'></form><script>f.submit()</script>",
}
"""Where a page sends its own tab."""

TYPED = {
    "port": "http://127.0.0.1:{port}/hit/{way}",
    "six": "http://[::1]:{port}/hit/{way}",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/hit/{way}",
    "name": "http://localhost:{port}/hit/{way}",
    "capitals-and-dot": "http://LOCALHOST.:{port}/hit/{way}",
    "decimal": "http://2130706433:{port}/hit/{way}",
    "hex": "http://0x7f.1:{port}/hit/{way}",
    "user": "http://{allowed}@127.0.0.1:{port}/hit/{way}",
    "wide-letters": "http://ｌｏｃａｌｈｏｓｔ:{port}/hit/{way}",
    "tls": "https://127.0.0.1:{port}/hit/{way}",
    "source": "view-source:http://127.0.0.1:{port}/hit/{way}",
}
"""What an agent may be talked into navigating to."""

SILENT = {"preconnect", "speculation", "transport", "calls", "source", "tls"}
"""Ways that nobody would hear anyway: they need a network that the sandbox does not have, ask for nothing, or this browser does not go
them."""


def test_no_way_out_of_the_allowed_hosts_is_heard_next_door(tmp_path: Path) -> None:
    with next_door() as neighbours, site({}) as here:
        tried = escape(tmp_path, here, neighbours)
        assert tried >= 40
        assert neighbours.hits == []
    requests = (tmp_path / ".playnex/logs/mcp-browser.requests").read_text()
    assert requests.count("is not among the allowed hosts") >= 25, "what was refused is on record"


def test_with_the_check_left_out_the_same_ways_are_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HostRule, "fits", lambda *_: True)
    monkeypatch.setattr(boundary, "_why_it_writes", lambda _: "")
    with next_door() as neighbours, site({}) as here:
        escape(tmp_path, here, neighbours)
        ways = {*IN_A_PAGE, *BY_A_PAGE, *TYPED, "redirect", "chain"}
        silent = {way for way in ways if not any(f"/hit/{way}{end}" in hit for hit in neighbours.hits for end in " /?")}
    assert silent <= SILENT


def escape(folder: Path, here: Site, neighbours: NextDoor) -> int:
    """Try all ways; how many there were."""

    def out(way: str) -> str:
        return f"http://127.0.0.1:{neighbours.port}/hit/{way}"

    ways = {way: html.format(out=out(way), port=neighbours.port) for way, html in (IN_A_PAGE | BY_A_PAGE).items()}
    here.pages |= {f"/{way}": Page(f"<title>{way}</title>{html}") for way, html in ways.items()}
    here.pages["/all"] = Page("<title>all</title>" + "".join(ways[way] for way in IN_A_PAGE))
    worker = f"self.addEventListener('install', () => fetch('{out('service-worker')}', {{mode: 'no-cors'}}))"
    here.pages["/worker.js"] = Page(worker, kind="text/javascript")
    here.pages["/redirect"] = Page("", status=302, headers={"location": out("redirect")})
    here.pages["/chain"] = Page("", status=307, headers={"location": "/chain-2"})
    here.pages["/chain-2"] = Page("", status=301, headers={"location": out("chain")})
    typed = [url.format(port=neighbours.port, way=way, allowed=here.host) for way, url in TYPED.items()]

    async def scenario(window: Window) -> int:
        said = await window.call("navigate", url=here.url("/all"))
        assert "Page Title: all" in said, said
        await window.call("wait_for", time=2)
        for path in ("/redirect", "/chain", *(f"/{way}" for way in BY_A_PAGE)):
            await window.call("navigate", url=here.url(path))
            await window.call("wait_for", time=1)
        for url in typed:
            await window.call("navigate", url=url)
        return len(ways) + len(typed) + 2

    return at_the_window(folder, entry(here.host), scenario)
