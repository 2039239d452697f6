"""The command line of a Playnex that knows no secrets: the known-bad arm of the canaries."""

from playnex.__main__ import main
from playnex.secrets.known import KNOWN, Known


class Forgetful(Known):
    """Remembers nothing, so it takes nothing out."""

    def remember(self, name: str, value: str) -> None:
        """Forget it."""


KNOWN.__class__ = Forgetful
main()
