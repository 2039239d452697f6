"""What the models of a run say just now, for a terminal that shows it."""

import time
from dataclasses import dataclass

from playnex.app.live_text import PATIENCE, LiveText

TAIL = 60
"""Letters of what is being said that a line has room for."""


@dataclass(slots=True)
class Ear:
    """Listens to one run, from the first time that it is asked."""

    live: LiveText
    run: str
    _said_so: float = 0.0

    def endings(self) -> dict[str, str]:
        """The end of what is being said, in one line, by the key of the request's step."""
        now = time.monotonic()
        if now - self._said_so > PATIENCE / 3 or not self._said_so:
            self._said_so = now
            self.live.listen()
        return {step: " ".join(text[-2 * TAIL :].split())[-TAIL:] for step, text in self.live.said(self.run).items()}
