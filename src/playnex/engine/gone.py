"""What is not handed on any more: the result of a step that was saved as a capsule, once that capsule is deleted."""

from collections.abc import Iterable

from playnex.engine.actions import Actions
from playnex.engine.scope import Scope
from playnex.errors import StepFailed


async def refuse_gone(actions: Actions, scope: Scope, steps: Iterable[str], *, step: str) -> None:
    """Raises StepFailed for `step`, where the result of one of those `steps` was saved as a capsule that is deleted by now."""
    for name in steps:
        record = scope.records.get(name)
        saved = record.capsule if record is not None else None
        if saved is not None and await actions.is_gone(saved):
            why = f"the result of step {name!r} was saved as capsule {saved.name!r}, which was deleted"
            raise StepFailed(f"{why}; bring it back with: playnex capsule restore {saved.name}", step=step, reason="not-found")
