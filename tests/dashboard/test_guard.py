"""What is not the dashboard's own page gets nothing: 120 hostile requests, each beside one that is as good and is answered."""

import base64
import hashlib
import hmac
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.stage import Served, serving_folder
from playnex.app.templates import lay_out
from playnex.dashboard.page_files import PageFiles
from playnex.dashboard.serving import bound
from playnex.dashboard.tickets import Tickets, new_code, secret_of
from playnex.errors import CredentialError, UsageError

BODY = b'{"flow":"none"}'

Pair = tuple[bytes, bytes]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("guarded")
    lay_out("minimal", folder)
    with serving_folder(folder) as found:
        yield found


def question(served: Served, path: str = "/api/workspace", method: str = "GET", **heads: str | None) -> bytes:
    """A request as the page sends it, but for what is named here; None leaves a header out, `body` and `extra` are themselves."""
    host = f"127.0.0.1:{served.port}"
    usual: dict[str, str | None] = {"Host": host, "Authorization": f"Bearer {served.token}", "Connection": "close"}
    body, extra = str(heads.pop("body", "") or ""), str(heads.pop("extra", "") or "")
    if method not in ("GET", "HEAD"):
        body = body or BODY.decode()
        usual |= {"Origin": f"http://{host}", "Content-Type": "application/json", "Content-Length": str(len(body.encode()))}
    usual |= {name.replace("_", "-"): value for name, value in heads.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in usual.items() if value is not None), extra]
    return ("\r\n".join(line for line in lines if line) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def status(answer: bytes) -> int:
    """The status of an answer; 0 where the line was cut without one."""
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else 0


GOOD = {
    "question": ("GET", "/api/workspace", 200),
    "change": ("POST", "/api/runs", 404),
    "page": ("GET", "/", 200),
    "file": ("GET", "/page/main.js", 200),
}
"""What is answered: a change of a flow that is not there is passed by the guard, and is not found."""

HOSTS = (
    *("example.com", "example.com:{port}", "127.0.0.1", "localhost", "127.0.0.1:1", "localhost:1", "[::1]:{port}", "0.0.0.0:{port}"),
    *("127.0.0.1.example.com:{port}", "127.0.0.2:{port}", "localhost.:{port}", "LOCALHOST.example:{port}", "2130706433:{port}"),
    *("127.1:{port}", "evil@127.0.0.1:{port}", "127.0.0.1:{port}@evil.com", "127.0.0.1:{port}, evil.com", "", "localhost:0{port}"),
)
ORIGINS = (
    *("null", "http://example.com", "https://127.0.0.1:{port}", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:{port}"),
    *(
        "http://127.0.0.1:{port}.example.com",
        "http://127.0.0.1:{port}/",
        "file://",
        "chrome-extension://abc",
        "",
        "HTTP://127.0.0.1:{port}",
    ),
)
PATHS = (
    *("/page/../tickets.py", "/page/%2e%2e/tickets.py", "/page/..%2ftickets.py", "/page/%2e%2e%2ftickets.py", "/..", "/../../etc/passwd"),
    *("//etc/passwd", "/page//etc/passwd", "/page/..\\tickets.py", "/page/%5c..%5ctickets.py", "/page/%00main.js", "/page/main.js%00.css"),
    *(
        "/page/./main.js",
        "/page/%252e%252e/tickets.py",
        "/page/....//tickets.py",
        "/.playnex/dashboard.key",
        "/page/.playnex/dashboard.key",
    ),
    *(
        "/api/../page/main.js",
        "/api/%2e%2e/api/workspace",
        "/page/",
        "/page",
        "/page/%c0%ae%c0%ae/tickets.py",
        "/runs/../../x",
        "/runs%2f..%2fx",
    ),
    *(
        "/page/C:/windows/win.ini",
        "/page/file:///etc/passwd",
        "http://example.com/api/workspace",
        "/api/workspace/../runs",
        "/\x7f",
        "/%0d%0aX:1",
    ),
)
TOKENS = (
    *("", "Bearer", "Bearer ", "Bearer x", "bearer {token}", "Basic {token}", "Token {token}", "Bearer {token}x", "Bearer  {token}"),
    *("Bearer {cut}", "Bearer {token}, Bearer x", "Bearer null", "Bearer undefined", "{token}", "Bearer {upper}", "Bearer ä"),
)
METHODS = ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "PROPFIND", "get", "FOO", "QUERY")
KINDS = (
    *(
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "text/json",
    ),
    *("application/json-patch+json", "", "application/json, text/plain"),
)
SITES = ("cross-site", "same-site", "none", "evil", "")


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_is_refused(served: Served, host: str) -> None:
    given = host.replace("{port}", str(served.port))
    assert status(served.raw(question(served, Host=given))) in (400, 421)
    assert status(served.raw(question(served))) == 200


@pytest.mark.parametrize("origin", ORIGINS)
def test_another_origin_is_refused_for_questions_and_changes(served: Served, origin: str) -> None:
    given = origin.replace("{port}", str(served.port))
    for method, path in (("GET", "/api/workspace"), ("POST", "/api/runs")):
        assert status(served.raw(question(served, path, method, Origin=given))) == 403
    assert status(served.raw(question(served, "/api/runs", "POST"))) == 404


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_climbs_gets_nothing(served: Served, path: str) -> None:
    answer = served.raw(question(served, path))
    assert status(answer) in (400, 404, 421) and b"BYTES = 32" not in answer
    assert status(served.raw(question(served, "/page/main.js"))) == 200


@pytest.mark.parametrize("token", TOKENS)
def test_a_wrong_token_is_refused(served: Served, token: str) -> None:
    given = token.format(token=served.token, cut=served.token[:-1], upper=served.token.swapcase())
    assert status(served.raw(question(served, Authorization=given))) in (400, 401)
    assert status(served.raw(question(served))) == 200


@pytest.mark.parametrize("method", METHODS)
def test_another_method_changes_nothing(served: Served, method: str) -> None:
    for path in ("/api/workspace", "/", "/page/main.js"):
        assert status(served.raw(question(served, path, method))) in (400, 404, 405)
    assert status(served.raw(question(served, "/api/runs", "POST"))) == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_of_another_kind_is_refused(served: Served, kind: str) -> None:
    assert status(served.raw(question(served, "/api/runs", "POST", Content_Type=kind))) == 415
    assert status(served.raw(question(served, "/api/runs", "POST", Content_Type="application/json; charset=utf-8"))) == 404


@pytest.mark.parametrize("site", SITES)
def test_what_another_site_had_a_browser_send_is_refused(served: Served, site: str) -> None:
    assert status(served.raw(question(served, Sec_Fetch_Site=site))) == 403
    assert status(served.raw(question(served, "/api/runs", "POST", Sec_Fetch_Site=site))) == 403
    assert status(served.raw(question(served, Sec_Fetch_Site="same-origin"))) == 200
    assert status(served.raw(question(served, "/", Sec_Fetch_Site="none"))) == 200


ODD: dict[str, tuple[str, str, dict[str, str | None]]] = {
    "no host": ("GET", "/api/workspace", {"Host": None}),
    "two hosts": ("GET", "/api/workspace", {"extra": "Host: evil.com"}),
    "two tokens": ("GET", "/api/workspace", {"extra": "Authorization: Bearer x"}),
    "no token": ("GET", "/api/workspace", {"Authorization": None}),
    "token in a cookie": ("GET", "/api/workspace", {"Authorization": None, "Cookie": "token={token}"}),
    "token in the query": ("GET", "/api/workspace?token={token}", {"Authorization": None}),
    "no origin for a change": ("POST", "/api/runs", {"Origin": None}),
    "two origins": ("POST", "/api/runs", {"extra": "Origin: http://evil.com"}),
    "a websocket": ("GET", "/api/stream", {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}),
    "a websocket of another site": ("GET", "/", {"Upgrade": "websocket", "Origin": "http://evil.com"}),
    "h2c": ("GET", "/", {"Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}),
    "a body said to be huge": ("POST", "/api/runs", {"Content-Length": "99999999999"}),
    "a length that is none": ("POST", "/api/runs", {"Content-Length": "-1"}),
    "a length with a sign": ("POST", "/api/runs", {"Content-Length": "+15"}),
    "two lengths": ("POST", "/api/runs", {"extra": "Content-Length: 3"}),
    "length and chunks": ("POST", "/api/runs", {"Transfer-Encoding": "chunked"}),
    "an unknown coding": ("POST", "/api/runs", {"Transfer-Encoding": "gzip"}),
    "a packed body": ("POST", "/api/runs", {"Content-Encoding": "gzip"}),
    "a question with a body": ("GET", "/api/workspace", {"Content-Length": "3", "body": "{}\n"}),
    "an endless address": ("GET", "/api/runs?q=" + "x" * 9000, {}),
    "an endless header": ("GET", "/api/workspace", {"X-Long": "x" * 40_000}),
    "a body that is no JSON": ("POST", "/api/runs", {"body": "{"}),
    "a body that is a list": ("POST", "/api/runs", {"body": "[]"}),
    "a deep body": ("POST", "/api/runs", {"body": "[" * 20_000}),
    "not a number": ("POST", "/api/runs", {"body": '{"flow": NaN}'}),
    "an unknown field": ("POST", "/api/runs", {"body": '{"flow": "x", "admin": true}'}),
    "a field of another type": ("POST", "/api/runs", {"body": '{"flow": 3}'}),
    "a method by header": ("GET", "/api/runs", {"X-HTTP-Method-Override": "POST", "Content-Length": "2", "body": "{}"}),
    "a change as a question": ("GET", "/api/runs/last/cancel", {}),
    "a forwarded host": ("GET", "/api/workspace", {"Host": "evil.com", "X-Forwarded-Host": "127.0.0.1"}),
    "a code that is none": ("POST", "/api/session", {"body": '{"code": "x"}', "Authorization": None}),
    "an empty code": ("POST", "/api/session", {"body": '{"code": ""}', "Authorization": None}),
    "a preflight": ("OPTIONS", "/api/runs", {"Origin": "http://evil.com", "Access-Control-Request-Method": "POST"}),
    "a session as a question": ("GET", "/api/session?code=x", {"Authorization": None}),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_refused(served: Served, name: str) -> None:
    method, path, heads = ODD[name]
    filled = {key.replace("-", "_"): value and value.replace("{token}", served.token) for key, value in heads.items()}
    answer = served.raw(question(served, path.replace("{token}", served.token), method, **filled))
    assert 400 <= status(answer) < 500 or status(answer) == 0
    assert b"access-control-allow" not in answer.lower() and b"set-cookie" not in answer.lower()
    good, address, expected = GOOD["question" if method == "GET" else "change"]
    assert status(served.raw(question(served, address, good))) == expected


def test_there_are_at_least_120_hostile_requests() -> None:
    singles = len(HOSTS) + 2 * len(ORIGINS) + len(PATHS) + len(TOKENS) + 3 * len(METHODS) + len(KINDS) + 2 * len(SITES) + len(ODD)
    assert singles >= 120


def test_a_body_without_a_length_ends_at_the_limit(served: Served) -> None:
    head = question(served, "/api/runs", "POST", Content_Length=None, Transfer_Encoding="chunked").partition(b"\r\n\r\n")[0]
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert status(served.raw(head + b"\r\n\r\n" + chunk * 40 + b"0\r\n\r\n")) == 413
    small = b"f\r\n" + BODY + b"\r\n0\r\n\r\n"
    assert status(served.raw(head + b"\r\n\r\n" + small)) == 404


def test_every_answer_tells_the_browser_how_little_it_may_do(served: Served) -> None:
    documents = ("/", "/api/workspace", "/nothing", "/page/mark.svg", "/page/index.html", "/page/stream_worker.js", "/api/nothing")
    for path in (*documents, "/page/main.js", "/page/style/tokens.css"):
        heads = served.client.get(path).headers
        assert heads["x-content-type-options"] == "nosniff" and heads["cross-origin-resource-policy"] == "same-origin"
        assert path not in documents or "default-src 'none'" in heads["content-security-policy"]
        assert "set-cookie" not in heads and "access-control-allow-origin" not in heads


def test_the_server_listens_on_loopback_alone(served: Served) -> None:
    listening = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    own = [row[1] for row in listening if row[3] == "0A" and row[1].endswith(f":{served.port:04X}")]
    assert own == [f"0100007F:{served.port:04X}"]


def test_a_port_that_is_taken_or_that_there_is_not_is_told(served: Served) -> None:
    with pytest.raises(UsageError, match=f"port {served.port} is taken"):
        bound(served.port, usual=0)
    for port in (-1, 65_536, 10**9):
        with pytest.raises(UsageError, match=f"there is no port {port}"):
            bound(port, usual=0)
    with bound(0, usual=served.port) as another:
        assert another.getsockname()[1] != served.port


def test_a_code_is_good_once(served: Served) -> None:
    code = served.code()
    assert served.client.post("/api/session", json={"code": code}).status_code == 200
    again = served.client.post("/api/session", json={"code": code})
    assert (again.status_code, again.json()["error"]["message"]) == (403, "this link was used already")


def test_a_code_is_good_for_ten_minutes_of_one_server(tmp_path: Path) -> None:
    secret = secret_of(tmp_path)
    tickets = Tickets(secret=secret, since=1_000.0)
    assert tickets.exchange(new_code(secret, 1_000.0), 1_599.0)
    for made, now in ((1_000.0, 1_606.0), (900.0, 1_001.0), (2_000.0, 1_000.0)):
        with pytest.raises(CredentialError):
            tickets.exchange(new_code(secret, made), now)
    with pytest.raises(CredentialError):
        tickets.exchange(new_code(b"x" * 32, 1_000.0), 1_000.0)


def test_a_forged_moment_is_no_code(tmp_path: Path) -> None:
    secret = secret_of(tmp_path)
    raw = base64.urlsafe_b64decode(new_code(secret, 1.0) + "==")
    forged = struct.pack(">d", 1_000.0) + raw[8:]
    signed = forged[:-32] + hmac.new(b"guess", b"code" + forged[:-32], hashlib.sha256).digest()
    tickets = Tickets(secret=secret, since=0.0)
    for bad in (forged, signed, raw[:-1], b"", raw + b"x"):
        with pytest.raises(CredentialError):
            tickets.exchange(base64.urlsafe_b64encode(bad).decode().rstrip("="), 1_000.0)


def test_the_secret_is_for_its_owner_alone_and_outlives_the_server(tmp_path: Path) -> None:
    secret = secret_of(tmp_path)
    assert (tmp_path / "dashboard.key").stat().st_mode & 0o777 == 0o600 and secret_of(tmp_path) == secret
    os.chmod(tmp_path / "dashboard.key", 0o644)
    assert secret_of(tmp_path) != secret  # others may have read it


def test_a_link_among_the_pages_files_is_not_served(tmp_path: Path) -> None:
    page, secret = tmp_path / "page", tmp_path / "secret.txt"
    page.mkdir()
    secret.write_text("secret")
    (page / "index.html").write_text("<html>")
    (page / "out.txt").symlink_to(secret)
    (page / "folder").symlink_to(tmp_path)
    files = PageFiles(page)
    files.look()
    assert set(files.files or {}) == {"index.html"}


def test_a_long_answer_is_packed_for_who_takes_that(served: Served) -> None:
    packed, plain = (served.client.get("/api/openapi.json", headers={"accept-encoding": coding}) for coding in ("gzip", "identity"))
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.json() == plain.json() and int(packed.headers["content-length"]) < len(plain.content) / 3


def test_nothing_secret_stands_in_what_the_server_says(served: Served) -> None:
    before = time.monotonic()
    served.raw(question(served, "/api/workspace"))
    assert time.monotonic() >= before
    for path in (served.folder / ".playnex").rglob("*"):
        if path.is_file() and path.name not in ("dashboard.key", "store.db", "store.db-wal", "store.db-shm"):
            assert served.token.encode() not in path.read_bytes()
