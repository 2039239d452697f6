"""The one language of expressions and prompts, `${{ }}` and `{% %}`; the only module that knows the template engine."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any

from minijinja import Environment, TemplateError

from playnex.canonical import Json
from playnex.errors import ExpressionError
from playnex.spec.faults import did_you_mean
from playnex.spec.plain_data import NotPlain, unwrapped, wrapped_scope, written
from playnex.spec.references import REMEMBERED, Reference, WordUse, candidates, codes, is_single, uses
from playnex.spec.syntax_words import syntax_words
from playnex.spec.vocabulary import FILTERS, TESTS

FUEL = 500_000
"""Instructions that one template may spend: a loop over 30,000 things, under a second of CPU."""

NOT_PURE = ("debug", "cycler", "joiner", "namespace")
"""What the engine offers and a template must not have: a look at its inside, and values that change."""

SUGGESTED = tuple(FILTERS) + tuple(
    re.findall(
        r"\w+",
        "abs batch bool capitalize count default dictsort first float format groupby indent int items join last length lines "
        "list lower map max min reject rejectattr replace reverse round select selectattr slice sort split string sum title "
        "trim truncate unique upper urlencode wordwrap zip",
    )
)
FUNCTIONS = ("range", "dict")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFault:
    """What is wrong with a template before it ever runs, at `offset` of its text."""

    message: str
    offset: int = 0
    width: int = 1
    hint: str = ""


def evaluate(expression: str, scope: Mapping[str, Json]) -> Json:
    """The value of an expression, bare or within one `${{ }}`, as plain JSON. Raises ExpressionError."""
    code = bare(expression)
    value = _guarded(expression, lambda: unwrapped(ENGINE.eval_expr(code, **wrapped_scope(scope))))
    if value is None and not _guarded(expression, lambda: ENGINE.eval_expr(f"({code}) is defined", **wrapped_scope(scope))):
        raise ExpressionError(f"{_shown(expression)}: there is no such value", hint="use `| default(…)` where it may be missing")
    return value


def render(text: str, scope: Mapping[str, Json]) -> str:
    """A text with its templates filled in, once: what a value contains is never looked at again. Raises ExpressionError."""
    if not is_template(text):
        return text
    rendered = _guarded(text, lambda: ENGINE.render_str(text, None, **wrapped_scope(scope)))
    return str.__str__(rendered)


def render_value(value: Json, scope: Mapping[str, Json]) -> Json:
    """A value with the templates of all its texts filled in; a text that is exactly one `${{ }}` keeps its type."""
    match value:
        case str():
            return evaluate(value, scope) if is_single(value) else render(value, scope)
        case Mapping():
            return {key: render_value(item, scope) for key, item in value.items()}
        case list() | tuple():
            return [render_value(item, scope) for item in value]
        case _:
            return value


def is_template(text: str) -> bool:
    """True where there is something to fill in or cut out."""
    return any(opener in text for opener in ("${{", "{%", "{##"))


def bare(expression: str) -> str:
    """An expression without the `${{ }}` that it may stand in."""
    if not is_single(expression):
        return expression
    return expression.strip()[3:-2].removeprefix("-").removesuffix("-").strip()


@lru_cache(maxsize=REMEMBERED)
def references(text: str) -> tuple[Reference, ...]:
    """Every value that a template asks its scope for, in order, with its offset; loop variables and the like left out.
    A template with a syntax fault refers to nothing."""
    try:
        free = ENGINE.undeclared_variables_in_str(text)
    except TemplateError:
        return ()
    return tuple(reference for reference in candidates(text) if reference.keys[0] in free)


def template_faults(text: str) -> tuple[TemplateFault, ...]:
    """All that is wrong with a template as such: its syntax, else the filters, tests and functions that do not exist."""
    if not is_template(text):
        return ()
    if fault := _syntax_fault(text):
        return (fault,)
    free = ENGINE.undeclared_variables_in_str(text)
    return tuple(fault for use in uses(text) if (fault := _word_fault(use, free)))


def expression_faults(expression: str) -> tuple[TemplateFault, ...]:
    """The same for a bare expression."""
    if is_single(expression):
        return template_faults(expression)
    wrapped = within_code(expression)
    if not _syntax_fault(wrapped) and not is_single(wrapped):
        return (TemplateFault(message="this is not one expression", width=len(expression)),)
    return tuple(_shifted(fault) for fault in template_faults(wrapped))


CODE_OPENER = "${{ "


def within_code(expression: str) -> str:
    """A bare expression as a template; its offsets are `len(CODE_OPENER)` higher."""
    return f"{CODE_OPENER}{expression} }}}}"


def expression_references(expression: str) -> tuple[Reference, ...]:
    """What an expression refers to, bare or within one `${{ }}`."""
    if is_single(expression):
        return references(expression)
    shift = len(CODE_OPENER)
    found = references(within_code(expression))
    return tuple(Reference(keys=each.keys, offset=each.offset - shift, width=each.width) for each in found)


def _shifted(fault: TemplateFault) -> TemplateFault:
    offset = max(0, fault.offset - len(CODE_OPENER))
    return TemplateFault(message=fault.message, offset=offset, width=fault.width, hint=fault.hint)


def _syntax_fault(text: str) -> TemplateFault | None:
    try:
        ENGINE.undeclared_variables_in_str(text)
    except TemplateError as error:
        start, end = error.range or (0, 1)
        offset, stop = _characters(text, start), _characters(text, end)
        unclosed = any(code.end >= len(text) and not text.endswith("}") for code in codes(text))
        message, hint = syntax_words(str(error.detail), text[offset:])
        if unclosed and "never" in message:
            message, hint = "a ${{ or {% is never closed", "close it with }} or %}"
        return TemplateFault(message=message, offset=offset, width=max(1, stop - offset), hint=hint)
    return None


def _characters(text: str, position: int) -> int:
    """An offset in UTF-8 bytes, as the engine counts, in characters."""
    return len(text.encode()[:position].decode(errors="ignore"))


def _word_fault(use: WordUse, free: set[str]) -> TemplateFault | None:
    match use.kind:
        case "method":
            message, hint = f"values have no methods, so {use.name}() cannot be called", "use a filter, such as `value | upper`"
        case "statement":
            message, hint = f"{{% {use.name} %}} is not part of this language", "a template stands alone"
        case "function":
            if use.name in FUNCTIONS or use.name not in free:
                return None
            message = f"there is no function {use.name}()"
            hint = did_you_mean(use.name, FUNCTIONS) or "use a filter, such as `value | length`"
        case "filter" | "test":
            if not _is_unknown(use):
                return None
            message, hint = f"there is no {use.kind} {use.name!r}", did_you_mean(use.name, SUGGESTED if use.kind == "filter" else TESTS)
    return TemplateFault(message=message, offset=use.offset, width=len(use.name), hint=hint)


def _is_unknown(use: WordUse) -> bool:
    """Asks the engine itself, so that no list of its words can go stale."""
    sign = "|" if use.kind == "filter" else "is"
    try:
        ENGINE.eval_expr(f"none {sign} {use.name}")
    except TemplateError as error:
        return error.kind in ("UnknownFilter", "UnknownTest")
    except ExpressionError:
        return False
    return False


def _guarded(text: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except ExpressionError as error:
        raise ExpressionError(f"{_shown(text)}: {error.message}", hint=error.hint) from None
    except TemplateError as error:
        raise ExpressionError(f"{_shown(text)}: {_reason(error)}") from None
    except (NotPlain, AttributeError, TypeError, ValueError, RecursionError) as error:  # what wrapped data and our filters raise
        raise ExpressionError(f"{_shown(text)}: {error}") from None


def _reason(error: TemplateError) -> str:
    if error.kind == "OutOfFuel":
        return f"it takes more than {FUEL:,} instructions"
    where = f" (line {error.line})" if (error.line or 1) > 1 else ""
    return f"{error.detail or error.message}{where}"


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else line[:59] + "…")


def _over_plain(word: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test of ours, given plain JSON."""

    @wraps(word)
    def called(*values: Any, **options: Any) -> Any:
        try:
            return word(*map(unwrapped, values), **{name: unwrapped(value) for name, value in options.items()})
        except (NotPlain, TypeError, ValueError, AttributeError) as error:
            raise ExpressionError(f"{word.__name__}: {error}") from None

    return called


def _engine() -> Environment:
    engine = Environment(
        filters={name: _over_plain(word) for name, word in FILTERS.items()},
        tests={name: _over_plain(word) for name, word in TESTS.items()},
        fuel=FUEL,
        undefined_behavior="strict",
        auto_escape_callback=lambda _name: False,
        finalizer=written,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        variable_start_string="${{",
        comment_start_string="{##",
        comment_end_string="##}",
        pycompat=False,
    )
    for name in NOT_PURE:
        engine.remove_global(name)
    return engine


ENGINE = _engine()
