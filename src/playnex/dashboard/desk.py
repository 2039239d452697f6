"""What every route has at hand: the open workspace, who may come in, and the stream."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playnex.app.control import Control
from playnex.app.opening import App
from playnex.app.run_lines import RunLines
from playnex.app.runs import Runs
from playnex.dashboard.tickets import Tickets

if TYPE_CHECKING:
    from playnex.dashboard.stream import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One server's."""

    app: App
    tickets: Tickets
    lines: RunLines
    streams: "Streams"

    @property
    def runs(self) -> Runs:
        """The workspace's runs."""
        return Runs(app=self.app)

    @property
    def control(self) -> Control:
        """What a person says to them."""
        return Control(app=self.app)

    async def run_id(self, typed: str) -> str:
        """The run that is meant, by its whole id or a part of it. Raises NotFoundError, UsageError."""
        return (await self.runs.find(typed)).id
