"""`playnex model use` carried out: another model becomes `main` in playnex.toml, whose other lines and comments stay as they are."""

import json
import os
import re
from dataclasses import dataclass

from playnex.app.listing import workspace_of
from playnex.config import Config, ModelSettings, UsdPerMillion, read_config
from playnex.errors import NotFoundError, UsageError
from playnex.models import smollm2
from playnex.models.directory import MAIN
from playnex.models.discovery import find_models
from playnex.models.model import ModelCard
from playnex.spec.faults import did_you_mean
from playnex.workspace import CONFIG, shown

EMBEDDED = "smollm2"
KEYS = (
    "kind",
    "base_url",
    "name",
    "context",
    "timeout",
    "api_key_env",
    "api_key",
    "remote",
    "tool_calling",
    "json_schema",
    "at_once",
    "per_minute",
)
"""Keys of a model that are written on a line of their own."""

HEADER = re.compile(r"\s*\[\s*models\s*\.\s*[\"']?main[\"']?\s*\]\s*(#.*)?")
ANY_HEADER = re.compile(r"\s*\[")
KEY = re.compile(r"(\s*)[\"']?([A-Za-z_]+)[\"']?\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """The model that is `main` now, and the file that says so."""

    name: str
    kind: str
    path: str


async def use_model(typed: str, name: str) -> Used:
    """Make that model `main`. Raises NotFoundError where there is none, UsageError where the file cannot be changed line by line."""
    workspace = workspace_of(typed)
    path = workspace.root / CONFIG
    wanted = await _wanted(workspace.config(), name)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    changed = with_main(text, wanted)
    if read_config(changed, shown(path)).models.get(MAIN) != wanted:
        raise UsageError(f"{shown(path)} is written in a way that cannot be changed here", hint="write the table [models.main] by hand")
    part = path.with_name(f".{CONFIG}.part")
    part.write_text(changed, encoding="utf-8")
    if path.exists():
        os.chmod(part, path.stat().st_mode & 0o777)
    part.replace(path)
    return Used(name=wanted.name, kind=wanted.kind, path=shown(path))


async def _wanted(config: Config, name: str) -> ModelSettings:
    """What `main` is to be: another alias's settings, a running server's model, or the embedded one."""
    if name in config.models:
        one = config.models[name]
        return _as_main(one)
    if name in (EMBEDDED, smollm2.NAME):
        return ModelSettings(alias=MAIN, kind="embedded")
    running = await find_models()
    if found := next((card for card in running if card.name == name), None):
        return _of_card(found)
    known = (*config.models, *(card.name for card in running), EMBEDDED)
    raise NotFoundError(f"there is no model {name!r}", hint=did_you_mean(name, known) or f"there are: {', '.join(known)}")


def _as_main(one: ModelSettings) -> ModelSettings:
    values = {key: getattr(one, key) for key in (*KEYS, "usd_per_million")}
    return ModelSettings(alias=MAIN, **values)


def _of_card(card: ModelCard) -> ModelSettings:
    return ModelSettings(alias=MAIN, base_url=card.base_url, name=card.name)


def with_main(text: str, main: ModelSettings) -> str:
    """The file's text with that model as `main`. Lines of the table that stay true are left alone, with their comments; those that speak of
    the former model go."""
    lines = text.splitlines()
    written = _written(main)
    begin = next((number for number, line in enumerate(lines) if HEADER.fullmatch(line)), None)
    if begin is None:
        before = [*lines, ""] if lines and lines[-1].strip() else lines
        return _joined([*before, "[models.main]", *(f"{key} = {value}" for key, value in written.items())])
    end = next((number for number in range(begin + 1, len(lines)) if ANY_HEADER.match(lines[number])), len(lines))
    return _joined([*lines[: begin + 1], *_table(lines[begin + 1 : end], written), *lines[end:]])


def _table(lines: list[str], written: dict[str, str]) -> list[str]:
    """The lines of the table, changed: a key that is in it already keeps its place and what stands behind its value."""
    kept: list[str] = []
    there: set[str] = set()
    for line in lines:
        found = KEY.match(line)
        if found is None:
            kept.append(line)
        elif found[2] in written:
            there.add(found[2])
            kept.append(f"{found[1]}{found[2]} = {written[found[2]]}{_comment(line)}")
    last = max((number for number, line in enumerate(kept) if KEY.match(line)), default=-1)
    missing = [f"{key} = {value}" for key, value in written.items() if key not in there]
    return [*kept[: last + 1], *missing, *kept[last + 1 :]]


def _comment(line: str) -> str:
    """The comment at the end of a line, with the blanks before it; a `#` within quotes begins none."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", lambda quoted: "x" * len(quoted[0]), line)
    found = re.search(r"\s*#.*", bare)
    return line[found.start() :] if found else ""


def _written(main: ModelSettings) -> dict[str, str]:
    """What is said of the model, as TOML; what is usual is left out."""
    usual = ModelSettings(alias=MAIN)
    values = {key: getattr(main, key) for key in KEYS if key == "kind" or getattr(main, key) != getattr(usual, key)}
    written = {key: json.dumps(value, ensure_ascii=False) for key, value in values.items()}
    return written | ({"usd_per_million": _prices(main.usd_per_million)} if main.usd_per_million else {})


def _prices(prices: UsdPerMillion) -> str:
    return f"{{ input = {prices.input!r}, output = {prices.output!r} }}"


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
