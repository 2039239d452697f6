"""LangGraph with its SQLite saver, every step written before the next one starts (durability "sync")."""

import asyncio
import operator
import time
import uuid
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph

from subjects.workload import HALF, RESULT, STEPS, WIDTH, Halt, Order, flows_at_once, message, on_disk, order, produced, report

PACKAGES = ("langgraph", "langgraph-checkpoint-sqlite")


class Last(TypedDict):
    """The result of the last step."""

    last: str


class Parts(TypedDict):
    """The results of all steps."""

    parts: Annotated[list[str], operator.add]


class Transcript(TypedDict):
    """What was said so far."""

    messages: Annotated[list[dict[str, str]], operator.add]


async def one(_: Any) -> dict[str, str]:
    """A step in a row."""
    return {"last": RESULT}


async def part(_: Any) -> dict[str, list[str]]:
    """A step side by side with others."""
    return {"parts": [RESULT]}


def in_a_row(saver: Any, halt: Halt | None = None) -> Any:
    """Ten steps, one after the other; with `halt`, the sixth never ends."""

    async def stopped(_: Any) -> dict[str, str]:
        assert halt is not None
        await halt.hold()
        return {}

    graph = StateGraph(Last)
    for number in range(STEPS):
        graph.add_node(f"step-{number}", stopped if halt is not None and number == HALF else one)
        graph.add_edge(f"step-{number - 1}" if number else START, f"step-{number}")
    graph.add_edge(f"step-{STEPS - 1}", END)
    return graph.compile(checkpointer=saver)


def side_by_side(saver: Any) -> Any:
    """One step, eight at once, one that merges."""
    graph = StateGraph(Parts)
    for name in ("first", "merge", *(f"part-{number}" for number in range(WIDTH))):
        graph.add_node(name, part)
    graph.add_edge(START, "first")
    for number in range(WIDTH):
        graph.add_edge("first", f"part-{number}")
    graph.add_edge([f"part-{number}" for number in range(WIDTH)], "merge")
    graph.add_edge("merge", END)
    return graph.compile(checkpointer=saver)


def growing(saver: Any, steps: int) -> Any:
    """A step that adds a message, again and again."""

    async def say(state: Any) -> dict[str, list[dict[str, str]]]:
        return {"messages": [message(len(state["messages"]))]}

    def goes_on(state: Any) -> str:
        return "say" if len(state["messages"]) < steps else END

    graph = StateGraph(Transcript)
    graph.add_node("say", say)
    graph.add_edge(START, "say")
    graph.add_conditional_edges("say", goes_on, ["say", END])
    return graph.compile(checkpointer=saver)


def configured(thread: str, steps: int = 25) -> dict[str, Any]:
    """The setting of one run."""
    return {"configurable": {"thread_id": thread}, "recursion_limit": steps}


def starting(graph: Any, state: dict[str, Any]) -> Callable[[], Any]:
    """Starts a run of the graph."""
    return lambda: graph.ainvoke(state, configured(uuid.uuid4().hex), durability="sync")


async def main(asked: Order) -> None:
    """Does what is asked."""
    if asked.mode == "version":
        report(version=", ".join(f"{name} {version(name)}" for name in PACKAGES))
        return
    async with AsyncSqliteSaver.from_conn_string(str(asked.folder / "langgraph.db")) as saver:
        await saver.setup()
        await saver.conn.execute("PRAGMA synchronous=FULL")
        match asked.mode:
            case "flows":
                await flows_at_once(asked, starting(in_a_row(saver), {"last": ""}))
            case "fan":
                await flows_at_once(asked, starting(side_by_side(saver), {"parts": []}))
            case "alone":
                await alone(asked, in_a_row(saver))
            case "half":
                start = starting(in_a_row(saver, Halt(asked.count)), {"last": ""})
                await asyncio.gather(*(start() for _ in range(asked.count)))
            case "finish":
                await finish(saver)
            case "whole":
                await grow(asked, growing(saver, asked.count))


async def alone(asked: Order, graph: Any) -> None:
    """One flow after the other; the time of a step is a tenth of a flow's."""
    start, began = starting(graph, {"last": ""}), time.perf_counter()
    flows = max(1, asked.count // STEPS)
    for _ in range(flows):
        await start()
    report(step_us=(time.perf_counter() - began) / flows / STEPS * 1e6)


async def finish(saver: Any) -> None:
    """Finds the runs that have a next step, and lets them go on."""
    graph, began = in_a_row(saver), time.perf_counter()
    threads = {found.config["configurable"]["thread_id"] async for found in saver.alist(None)}

    async def go_on(thread: str) -> bool:
        if not (await graph.aget_state(configured(thread))).next:
            return False
        await graph.ainvoke(None, configured(thread), durability="sync")
        return True

    done = await asyncio.gather(*(go_on(thread) for thread in threads))
    report(seconds=time.perf_counter() - began, finished=sum(done))


async def grow(asked: Order, graph: Any) -> None:
    """One run with a growing transcript."""
    began = time.perf_counter()
    state = await graph.ainvoke({"messages": []}, configured("grow", asked.count + 10), durability="sync")
    report(seconds=time.perf_counter() - began, produced=produced(state["messages"]), disk=on_disk(asked.folder))


if __name__ == "__main__":
    asyncio.run(main(order()))
