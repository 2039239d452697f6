"""Who may use the dashboard: a secret in the workspace's own folder, the token that is made from it, and codes that are spent once.

Whoever can read that file is the user, and may do all that they may. A code travels in an address, so it is good for one exchange within
ten minutes; the token travels in a header only.
"""

import base64
import hashlib
import hmac
import os
import secrets
import struct
from dataclasses import dataclass, field
from pathlib import Path

from playnex.errors import CredentialError

FILE = "dashboard.key"
BYTES = 32
GOOD_FOR = 600.0
"""Seconds within which a code is exchanged."""

AHEAD = 5.0
"""Seconds that a code's moment may lie ahead: the clock of the machine may have been put back a little."""

NONCE = 16
MOMENT = struct.Struct(">d")
CODE_BYTES = MOMENT.size + NONCE + 32

STALE = "make a new link with: playnex dashboard"


def secret_of(own: Path) -> bytes:
    """The workspace's secret, made where there is none: 32 random bytes, for its owner alone."""
    path = own / FILE
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(BYTES))
    except FileExistsError:
        pass
    found = path.read_bytes()
    if len(found) == BYTES and path.stat().st_mode & 0o077 == 0:
        return found
    path.unlink(missing_ok=True)  # cut short by a crash, or open to others: nobody may rely on it
    return secret_of(own)


def token_of(secret: bytes) -> str:
    """What the page sends with every request."""
    return _text(_mac(secret, b"token"))


def new_code(secret: bytes, now: float) -> str:
    """A code for one exchange, from now on."""
    head = MOMENT.pack(now) + secrets.token_bytes(NONCE)
    return _text(head + _mac(secret, b"code" + head))


@dataclass(slots=True, kw_only=True)
class Tickets:
    """The codes and the token of one server, which runs since `since`: a code that is older was another server's, for only that one
    knows whether it was spent."""

    secret: bytes
    since: float
    spent: dict[bytes, float] = field(default_factory=dict)

    def is_token(self, given: str) -> bool:
        """Whether that is the token."""
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token_of(self.secret).encode())

    def exchange(self, code: str, now: float) -> str:
        """The token for a code. Raises CredentialError for one that is not ours, too old, or spent."""
        raw = _bytes(code)
        if len(raw) != CODE_BYTES or not hmac.compare_digest(raw[-32:], _mac(self.secret, b"code" + raw[:-32])):
            raise CredentialError("this link is not of this workspace", hint=STALE)
        moment = float(MOMENT.unpack(raw[: MOMENT.size])[0])
        if not max(self.since, now - GOOD_FOR) - AHEAD <= moment <= now + AHEAD:
            raise CredentialError("this link is too old", hint=STALE)
        self.spent = {nonce: at for nonce, at in self.spent.items() if at > now - GOOD_FOR - 2 * AHEAD}
        if raw in self.spent:
            raise CredentialError("this link was used already", hint=STALE)
        self.spent[raw] = moment
        return token_of(self.secret)


def _mac(secret: bytes, said: bytes) -> bytes:
    return hmac.new(secret, said, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """What the text stands for; nothing where it is no such text, or not the one way to write it."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, UnicodeError):
        return b""
    return raw if _text(raw) == text else b""
