"""Python functions that flows call by name: synchronous ones in a worker process, where a timeout really ends them, asynchronous ones in
the loop. They run from a text, which is that of their file or the one that a run has pinned."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playnex.canonical import Json, decode, encode
from playnex.errors import PlaynexError, ToolFailed
from playnex.tools.workers import Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A function: the path of its file below the workspace, the file's text, its name there, and whether it is asynchronous."""

    path: str
    text: str
    function: str
    is_async: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a checking function said."""

    passed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PythonFunctions:
    """The functions of one workspace."""

    root: Path
    workers: Workers

    async def call(self, source: Source, arguments: Mapping[str, Json]) -> Json:
        """What the function returns. Raises ToolFailed, also for what is no JSON."""
        return await self._answer(source, {"do": "call", "arguments": dict(arguments)})

    async def judge(self, source: Source, output: Json, inputs: Mapping[str, Json]) -> Judgement:
        """What the function says of an output: it is given that and, where it asks for them, the flow's `inputs`. Raises ToolFailed."""
        match await self._answer(source, {"do": "judge", "output": output, "inputs": dict(inputs)}):
            case bool(passed) | [bool(passed)]:
                return Judgement(passed=passed, reason="" if passed else f"{source.function} says no")
            case [bool(passed), str(reason)] | {"pass": bool(passed), "reason": str(reason)}:
                return Judgement(passed=passed, reason=reason)
            case other:
                hint = "return True or False, (False, reason), or {'pass': False, 'reason': reason}"
                raise ToolFailed(f"the check {source.function!r} returned {other!r:.80}", hint=hint)

    async def _answer(self, source: Source, asked: Mapping[str, Json]) -> Json:
        path = self.root / source.path
        if source.is_async:
            return await self._in_loop(source, path, asked)
        said = await self.workers.ask({**asked, "file": str(path), "text": source.text, "function": source.function})
        if "error" in said:
            raise ToolFailed(said["error"])
        return said["answer"]

    async def _in_loop(self, source: Source, path: Path, asked: Mapping[str, Json]) -> Json:
        from playnex.tools import modules, signatures  # late: only a call of an asynchronous function loads user code here

        try:
            modules.make_importable(self.root)
            function = getattr(modules.load(path, source.text.encode()), source.function)
            value = await function(**signatures.asked(function, asked))
        except (Exception, SystemExit) as fault:  # a user's code may raise anything
            raise ToolFailed(modules.told(fault)) from fault
        try:
            return decode(encode(value))
        except PlaynexError as fault:
            raise ToolFailed(f"the function's result is no JSON: {fault.message}", hint=fault.hint) from None
