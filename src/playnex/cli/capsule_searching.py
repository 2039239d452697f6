"""`playnex capsule search` and `index`: finding capsules by words and by meaning, and the vectors that takes."""

import asyncio
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from playnex.app.capsule_lines import hit_json
from playnex.cli import door
from playnex.cli.flags import AsJson, Limit
from playnex.cli.terminal import columns, emit, emit_list, gist, write
from playnex.errors import UsageError
from playnex.ids import short

if TYPE_CHECKING:
    from playnex.capsules.meaning.indexing import IndexState
    from playnex.capsules.meaning.recall import Recalled

Words = Annotated[str, Parameter(help="what to look for, in plain words")]
Within = Annotated[str, Parameter(name="--in", metavar="FOLDER", help="only below this folder of names, such as kb")]
Status = Annotated[bool, Parameter(negative=(), help="only say how far it is")]


def search(query: Words, /, *, within: Within = "", limit: Limit = 10, as_json: AsJson = False) -> int:
    """Find capsules: first those that have all of the words, then those that mean something like it, where the workspace has an
    embedder, then those that have any of the words.

    $ playnex capsule search "charged twice" --in kb
    """
    return asyncio.run(_search(query, within, limit, as_json))


def index(*, status: Status = False, as_json: AsJson = False) -> int:
    """Make the vectors that search by meaning needs, of all capsules that have none of the embedder's model yet. It can be stopped and goes
    on where it was. Searches do it by themselves, in the background.

    $ playnex capsule index
    $ playnex capsule index --status
    """
    return asyncio.run(_index(status, as_json))


async def _search(query: str, within: str, limit: int, as_json: bool) -> int:
    from playnex.app.opening import opened  # late, here and below: the store is needed only when a command runs
    from playnex.capsules.stores.words import Wanted

    async with opened(door.workspace) as opened_app:
        recall = opened_app.recall
        found = await recall.recall(Wanted(text=query, within=within, limit=limit))
        state = None if found.is_whole or found.why or recall.indexing is None else await recall.indexing.state()
    if as_json:
        emit_list("playnex.capsule-search/1", [hit_json(hit) for hit in found.hits])
    elif found.hits:
        rows = [(short(one.capsule.id), one.capsule.name, one.by, gist(one.capsule.title, 60)) for one in found.hits]
        write(columns(("ID", "NAME", "FOUND BY", "TITLE"), rows, door.terminal))
    else:
        where = f" below {within}" if within else ""
        door.terminal.say(f"no capsule{where} says anything like this; playnex capsules lists them all")
    _say_what_is_missing(found, state)
    return 0


def _say_what_is_missing(found: "Recalled", state: "IndexState | None") -> None:
    if found.why:
        door.terminal.say(f"{door.terminal.symbol('fallback')} by words alone: {found.why}")
    if state is not None and not state.is_whole:
        sign = door.terminal.symbol("fallback")
        door.terminal.say(f"{sign} {_how_far(state)}; the others are found by words alone until: playnex capsule index")


async def _index(only_status: bool, as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        indexing = opened_app.recall.indexing
        if indexing is None:
            raise UsageError(
                "this workspace has no embedder, so it searches by words alone",
                hint='write embedder = "embedded" under [recall] in playnex.toml, or the alias of a model that embeds texts',
            )
        state = await indexing.state()
        if not only_status:
            done = state.done

            def tell(count: int) -> None:
                nonlocal done
                done += count
                door.terminal.say(f"{door.terminal.symbol('running')} {done:,} of {state.total:,} capsules")

            await indexing.complete(tell)
            state = await indexing.state()
    if as_json:
        emit({"schema": "playnex.capsule-index/1", "model": state.model, "done": state.done, "total": state.total})
    else:
        sign = door.terminal.symbol("succeeded" if state.is_whole else "fallback")
        door.terminal.say(f"{sign} {_how_far(state)}")
    return 0


def _how_far(state: "IndexState") -> str:
    return f"{state.done:,} of {state.total:,} capsules have vectors of {state.model}"
