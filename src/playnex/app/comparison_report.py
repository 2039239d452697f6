"""A comparison as a document, `playnex.comparison/1`, and each of its cases as a line of JSON."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

from playnex.app.answers import Answer, Met, reused, usage_of
from playnex.app.comparing import Comparison
from playnex.app.intervals import DIFFERENCE, Interval, mean, ratio, score
from playnex.app.verdict import MARGIN, Evidence, conclusion
from playnex.canonical import Json
from playnex.spec.envelope import usage_json

COMPARISON_SCHEMA = "playnex.comparison/1"

MEASURES: Mapping[str, Callable[[Answer], float]] = {
    "tokens": lambda answer: answer.usage.tokens,
    "requests": lambda answer: answer.usage.requests,
    "seconds": lambda answer: answer.seconds,
    "usd": lambda answer: answer.usage.usd,
}
"""What an answer takes."""


def document(comparison: Comparison, met: Sequence[Met]) -> dict[str, Json]:
    """The comparison as it stands. Costs and differences are those of the cases that both arms have answered."""
    order, both = comparison.order, [one for one in met if one.is_compared]
    flow, baseline = [one.flow for one in both], [one.baseline for one in both]
    differences = [one.difference for one in both if one.difference is not None]
    has_quality = bool(order.check or order.judge)
    times = {name: _times(both, name) for name in MEASURES}
    verdict = conclusion(
        Evidence(
            flow=order.flow,
            baseline=order.baseline,
            compared=len(both),
            quality=differences if has_quality else None,
            tokens=times["tokens"],
            seconds=times["seconds"],
        )
    )
    quality = {"quality": _difference(mean(differences, DIFFERENCE)) if differences else None}
    return {
        "schema": COMPARISON_SCHEMA,
        "flow": order.flow,
        "baseline": order.baseline,
        "judge": order.judge or None,
        "check": order.check or None,
        "prompt": order.prompt or None,
        "trial": order.trial,
        "file": order.file,
        "cases": len(met),
        "compared": len(both),
        "state": state_of(met),
        "arms": {
            "flow": _arm(comparison, 0, flow) | {"quality": _quality(both, 0)},
            "baseline": _arm(comparison, 1, baseline) | {"quality": _quality(both, 1)},
        },
        "reused": dict(reused(met)),
        "judging": _judging(comparison, both) if order.judge else None,
        "differences": quality | {name: _measured(both, name, times[name]) for name in MEASURES},
        "margin": MARGIN,
        "left_out": list(_left_out(met)),
        "verdict": {"use": verdict.use, "says": verdict.says, "more_cases": verdict.more_cases},
    }


def state_of(met: Sequence[Met]) -> str:
    """`complete`; `waiting` where a person or a time is waited for, `incomplete` where answers are missing otherwise."""
    states = {answer.state for one in met for answer in (one.flow, one.baseline, *([one.judged] if one.judged else []))}
    if states & {"waiting", "parked"}:
        return "waiting"
    is_missing = any(not one.is_compared or (one.judged is not None and one.ruling is None) for one in met)
    return "incomplete" if is_missing else "complete"


def _arm(comparison: Comparison, place: int, answers: Sequence[Answer]) -> dict[str, Json]:
    order, seconds = comparison.order, [answer.seconds for answer in answers]
    failed = Counter(answer.reason for answer in answers if not answer.succeeded)
    return {
        "name": (order.flow, order.baseline)[place],
        "batch": comparison.batches[place].id,
        "answered": len(answers),
        "succeeded": len(answers) - failed.total(),
        "failed": dict(failed),
        "usage": usage_json(usage_of(answers)),
        "seconds": {"median": median(seconds), "total": sum(seconds)} if seconds else None,
    }


def _quality(both: Sequence[Met], place: int) -> Json:
    """The mean quality of an arm: its scores, or the share of the cases in which the judge preferred it, a draw counted half."""
    known = [one for one in both if one.difference is not None]
    if not known:
        return None
    values = [one.scores[place].value if one.scores is not None else (1 + (one.difference or 0.0) * (1, -1)[place]) / 2 for one in known]
    return _interval(score(values))


def _judging(comparison: Comparison, both: Sequence[Met]) -> dict[str, Json]:
    """What the judge said, and what that took: it is no part of either arm's cost."""
    judged = [one.judged for one in both if one.judged is not None]
    rulings = Counter(one.ruling.preferred for one in both if one.ruling is not None)
    return {
        "judge": comparison.order.judge,
        "batch": comparison.batches[2].id if len(comparison.batches) > 2 else None,
        "flow": rulings["flow"],
        "same": rulings["same"],
        "baseline": rulings["baseline"],
        "flipped": sum(one.ruling is not None and one.ruling.is_flipped for one in both),
        "unjudged": sum(one.ruling is None for one in both),
        "usage": usage_json(usage_of(judged)),
        "seconds": {"total": sum(answer.seconds for answer in judged)},
    }


def _measured(both: Sequence[Met], name: str, times: Interval | None) -> Json:
    """The mean difference a case, and how many times as much the flow takes."""
    if not both:
        return None
    differences = [more - less for more, less in zip(*_figures(both, name), strict=True)]
    return _difference(mean(differences)) | {"ratio": _interval(times) if times else None}


def _times(both: Sequence[Met], name: str) -> Interval | None:
    """How many times as much the flow takes: in all, but of seconds the median, for a server that has to load its model first makes a few
    cases very slow."""
    return ratio(*_figures(both, name), of=median if name == "seconds" else sum)


def _figures(both: Sequence[Met], name: str) -> tuple[list[float], list[float]]:
    figure = MEASURES[name]
    return [figure(one.flow) for one in both], [figure(one.baseline) for one in both]


def _difference(interval: Interval) -> dict[str, Json]:
    return {"mean": interval.value, "low": interval.low, "high": interval.high}


def _interval(interval: Interval) -> dict[str, Json]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _left_out(met: Sequence[Met]) -> Iterator[Json]:
    """The answers that there are none of yet, each with what keeps it."""
    for one in met:
        for arm, answer in (("flow", one.flow), ("baseline", one.baseline)):
            if not answer.is_answered:
                said = {"status": answer.state, "reason": answer.reason, "message": answer.message}
                yield {"case": one.case.number, "arm": arm, "run": answer.run, **said}


def case_line(one: Met) -> dict[str, Json]:
    """A case: its inputs, both answers with their scores, and what the judge said."""
    scores = one.scores or (None, None)
    line: dict[str, Json] = {
        "case": one.case.number,
        "line": one.case.line,
        "inputs": dict(one.case.inputs),
        "row": dict(one.case.row),
        "difference": one.difference,
    }
    for name, answer, given in (("flow", one.flow, scores[0]), ("baseline", one.baseline, scores[1])):
        line[name] = answer_line(answer) | {"score": given.value if given else None, "why": given.reason if given else ""}
    return line | {"judge": _judge_line(one)}


def answer_line(answer: Answer) -> dict[str, Json]:
    """An answer, and what it took."""
    return {
        "run": answer.run,
        "status": answer.state,
        "reason": answer.reason,
        "message": answer.message,
        "output": answer.output,
        "usage": usage_json(answer.usage),
        "seconds": answer.seconds,
    }


def _judge_line(one: Met) -> Json:
    if one.ruling is None and one.judged is None:
        return None
    told = answer_line(one.judged) if one.judged is not None else {"run": "", "output": None}
    ruled = {"preferred": one.ruling.preferred, "flipped": one.ruling.is_flipped} if one.ruling else {"preferred": None, "flipped": False}
    return {**ruled, "is_flow_first": one.is_flow_first, **told}
