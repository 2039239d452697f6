"""Random prompts of many kinds, each longer than a window: words of several scripts, code, JSON, digits, hashes."""

import json
from collections.abc import Callable, Mapping
from random import Random

from playnex.testing.model_scripts import tokens_of

ENGLISH = "the of and to in is you that it he was for on are with his they at be this have from or had by a I we".split()  # noqa: SIM905
RUSSIAN = "быстрая коричневая лиса прыгает через ленивую собаку и в лес на я".split()  # noqa: SIM905
GREEK = "η γρήγορη καφέ αλεπού πηδάει πάνω από το σκυλί".split()  # noqa: SIM905
HINDI = "तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है".split()  # noqa: SIM905
ARABIC = "الثعلب البني السريع يقفز فوق الكلب الكسول".split()  # noqa: SIM905
CHINESE = "敏捷的棕色狐狸跳过了懒狗然后跑进黑暗森林里"
CODE = ("def f(x):", "    return x + 1", "for i in range(10):", "    a[i] = b[i] ** 2", "if not ok:", "    raise ValueError(name)", "}")

Kind = Callable[[Random], str]


def _words(words: list[str]) -> Kind:
    return lambda random: " ".join(random.choices(words, k=40))


def _json(random: Random) -> str:
    rows = [{"id": random.randrange(10**6), "name": random.choice(ENGLISH), "x": random.random()} for _ in range(4)]
    return json.dumps(rows, separators=random.choice([(",", ":"), (", ", ": ")]))


KINDS: Mapping[str, Kind] = {
    "English": _words(ENGLISH),
    "Russian": _words(RUSSIAN),
    "Greek": _words(GREEK),
    "Hindi": _words(HINDI),
    "Arabic": _words(ARABIC),
    "Chinese": lambda random: "".join(random.choices(CHINESE, k=60)),
    "code": lambda random: "\n".join(random.choices(CODE, k=8)),
    "JSON": _json,
    "digits": lambda random: "".join(random.choices("0123456789", k=60)),
    "numbers": lambda random: " ".join(str(random.randrange(10**6)) for _ in range(12)),
    "hashes": lambda random: random.randbytes(32).hex(),
    "letters": lambda random: " ".join(random.choices("abcdefgh", k=40)),
}


def over_long(random: Random, kind: str, window: int, *, least: float = 1.0) -> str:
    """A prompt of more tokens than the window has, up to four times as many."""
    wanted = int(window * random.uniform(least, 4.0)) + 1
    parts: list[str] = []
    has = 0
    while has < wanted:
        parts.append(KINDS[kind](random))
        has += tokens_of(parts[-1])
    return ("\n" if random.random() < 0.5 else " ").join(parts)
