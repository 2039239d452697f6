"""A conversation of questions and answers on a terminal, in which one can go back.

Going back is a replay: the last answer is taken away, the same script runs once more from its top, and what was answered before is
answered again without a word. So a script is an ordinary function that asks one thing after another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from playnex.errors import UsageError
from playnex.spec.faults import did_you_mean

T = TypeVar("T")
BACK = "<"
NONE = "-"


class GoneBack(Exception):
    """The person wants the question before this one."""


class OutOfAnswers(Exception):
    """The input ended before the conversation did."""


@dataclass(slots=True, kw_only=True)
class Talk:
    """`read` gives the next line that is typed, with its line break, and nothing at the end of input; `show` puts text on the screen.
    `answers` are what was said so far, `place` is how many of them this round has used."""

    read: Callable[[], str]
    show: Callable[[str], None]
    mark: Callable[[str], str] = str
    answers: list[str] = field(default_factory=list)
    place: int = 0

    def hold(self, script: "Callable[[Talk], T]") -> T:
        """Carry the script through to its end, however often the person goes back; what it gives. Raises OutOfAnswers."""
        while True:
            self.place = 0
            try:
                return script(self)
            except GoneBack:
                if self.answers:
                    self.answers.pop()

    def say(self, text: str = "") -> None:
        """A line for the person, unless what comes next is answered already."""
        if self.place == len(self.answers):
            self.show(text + "\n")

    def ask(self, question: str, accept: Callable[[str], T], *, default: str = "") -> T:
        """What `accept` makes of the answer; Enter alone is the default. Asks again as long as it raises UsageError."""
        shown = f"{question} [{default}]: " if default else f"{question} " if question.endswith("?") else f"{question}: "
        return self._answered(lambda: self._line(shown) or default, accept)

    def ask_text(self, question: str, accept: Callable[[str], T]) -> T:
        """The same for a text of several lines, which an empty line ends."""

        def lines() -> str:
            self.show(f"{question} An empty line ends it.\n")
            typed: list[str] = []
            while line := self._line("  | "):
                typed.append(line)
            return "\n".join(typed)

        return self._answered(lines, accept)

    def choose(self, question: str, options: Mapping[str, str], *, default: str = "", others: Callable[[str], str] | None = None) -> str:
        """One of the options, by its number or name; `others` makes something of an answer that is none of them, or refuses it."""
        names = tuple(options)
        width = max((len(name) for name in names), default=0)
        for number, (name, says) in enumerate(options.items(), 1):
            self.say(f"  {number:>3}  {name:<{width}}  {says}".rstrip())

        def accept(answer: str) -> str:
            if answer.isdigit() and 1 <= int(answer) <= len(names):
                return names[int(answer) - 1]
            if answer in options:
                return answer
            if others is not None:
                return others(answer)
            raise UsageError(
                f"{answer!r} is none of them", hint=did_you_mean(answer, names) or f"type a number from 1 to {len(names)}, or a name"
            )

        return self.ask(question, accept, default=default)

    def agrees(self, question: str, *, default: bool) -> bool:
        """Yes or no."""
        return self.ask(f"{question} [{'Y/n' if default else 'y/N'}]", lambda answer: _yes_or_no(answer, default=default))

    def _answered(self, typed: Callable[[], str], accept: Callable[[str], T]) -> T:
        if self.place < len(self.answers):
            self.place += 1
            return accept(self.answers[self.place - 1])
        while True:
            answer = typed()
            try:
                value = accept(answer)
            except UsageError as wrong:
                self.show(f"  {self.mark('failed')} {wrong.message}{f'; {wrong.hint}' if wrong.hint else ''}\n")
                continue
            self.answers.append(answer)
            self.place += 1
            return value

    def _line(self, shown: str) -> str:
        self.show(shown)
        line = self.read()
        if not line:
            self.show("\n")
            raise OutOfAnswers
        typed = line.rstrip() if line.startswith(" ") else line.strip()
        if typed.strip() == BACK:
            raise GoneBack
        return typed


def filled(what: str) -> Callable[[str], str]:
    """Accepts a text that is not empty."""

    def accept(answer: str) -> str:
        if not answer.strip():
            raise UsageError(f"{what} is missing")
        return answer.strip()

    return accept


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _yes_or_no(answer: str, *, default: bool) -> bool:
    word = answer.strip().lower()
    if word in ("", "y", "yes", "n", "no"):
        return default if not word else word in ("y", "yes")
    raise UsageError(f"{answer!r} is neither yes nor no", hint="type y or n")
