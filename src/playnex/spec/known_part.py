"""Templates filled in as far as their values are known; what is not known yet stays as it is written."""

from collections.abc import Collection, Mapping

from playnex.canonical import Json
from playnex.errors import ExpressionError
from playnex.spec.expression import is_template, references, render, render_value
from playnex.spec.references import codes, is_single


def known_part(value: Json, scope: Mapping[str, Mapping[str, Json]]) -> Json:
    """The value with every `${{ }}` filled in that needs nothing but `scope`, such as `{"inputs": {"topic": "tides"}}`; a text that
    is known whole is filled in whole, `{% %}` included. Nothing that a value contains is looked at again."""
    match value:
        case str():
            return _text(value, scope) if is_template(value) else value
        case Mapping():
            return {key: known_part(item, scope) for key, item in value.items()}
        case list() | tuple():
            return [known_part(item, scope) for item in value]
        case _:
            return value


def known_text(text: str, scope: Mapping[str, Mapping[str, Json]]) -> str:
    """The same of a text that stays one, such as a prompt or a capsule's name."""
    if is_single(text):
        return text if unknown_in(text, scope) else _as_text(text, scope)
    return str(known_part(text, scope))


def unknown_in(value: Json, scope: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """What the templates of a text refer to and `scope` has not, each once, as it is written."""
    found = references(value) if isinstance(value, str) else ()
    return tuple(dict.fromkeys(each.path for each in found if not _is_known(each.keys, scope)))


def _text(text: str, scope: Mapping[str, Mapping[str, Json]]) -> Json:
    if not unknown_in(text, scope):
        return _filled(text, scope)
    pieces, position = [], 0
    for code in codes(text):
        piece = text[code.start : code.end]
        if not code.is_statement and is_single(piece) and not unknown_in(piece, scope):
            pieces += [text[position : code.start], _as_text(piece, scope)]
            position = code.end
    return "".join((*pieces, text[position:]))


def _filled(text: str, scope: Mapping[str, Json]) -> Json:
    try:
        return render_value(text, scope)
    except ExpressionError:
        return text


def _as_text(text: str, scope: Mapping[str, Json]) -> str:
    try:
        return render(text, scope)
    except ExpressionError:
        return text


def _is_known(keys: tuple[str | int, ...], scope: Mapping[str, Collection[str]]) -> bool:
    return len(keys) > 1 and keys[0] in scope and keys[1] in scope[str(keys[0])]
