"""What expressions of a running flow can see: inputs, the records of finished steps, the run, and the agents' models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from playnex.canonical import Json
from playnex.spec import expression
from playnex.spec.envelope import Envelope, Label, to_json
from playnex.spec.flow import StepSpec
from playnex.spec.inputs import is_among
from playnex.spec.origin import PRIVATE, UNTRUSTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration:
    """Which round of a loop this is, and the records of the one before; none in the first. `shown` is how expressions see it:
    `{number, previous}`, where `previous` is null or like `steps`."""

    number: int = 1
    previous: Mapping[str, Envelope] | None = None
    shown: Json = field(init=False)

    def __post_init__(self) -> None:
        previous = None if self.previous is None else {step: view(record) for step, record in self.previous.items()}
        object.__setattr__(self, "shown", {"number": self.number, "previous": previous})


@dataclass(slots=True, kw_only=True)
class Scope:
    """The names in sight. Records and `models` grow as the run goes on; `output` is in sight only where a step's own
    result is judged or replaced, `item` only where a step is done for every item of a list (with the labels of that list),
    `iteration` only within a loop and where a route has led back. `untrusted` are the inputs that are not the user's own word, `private`
    those that must not leave the machine unasked."""

    run: str
    inputs: Mapping[str, Json]
    records: dict[str, Envelope] = field(default_factory=dict)
    views: dict[str, Json] = field(default_factory=dict)
    models: dict[str, Json] = field(default_factory=dict)
    output: tuple[Json, ...] = ()
    item: tuple[Json, ...] = ()
    item_labels: tuple[Label, ...] = ()
    iteration: Iteration = field(default_factory=Iteration)
    untrusted: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()

    def add(self, step: str, record: Envelope) -> None:
        """Bring a finished step into sight."""
        self.records[step] = record
        self.views[step] = view(record)

    def within(self, iteration: Iteration) -> "Scope":
        """The scope of a round of a loop: all of this, and room for its own steps."""
        return replace(self, records=dict(self.records), views=dict(self.views), output=(), iteration=iteration)

    def begin_round(self, number: int, steps: Sequence[str]) -> None:
        """Put these steps out of sight, but for `iteration.previous`: they are done again."""
        previous = {step: self.records.pop(step) for step in steps if step in self.records}
        for step in previous:
            del self.views[step]
        self.iteration = Iteration(number=number, previous=previous)

    def with_output(self, output: Json) -> "Scope":
        """The scope in which `output` is this."""
        return replace(self, output=(output,))

    def with_item(self, item: Json, labels: tuple[Label, ...] = ()) -> "Scope":
        """The scope in which `item` is this, of a list with these labels."""
        return replace(self, item=(item,), item_labels=labels)

    def with_record(self, step: str, record: Envelope) -> "Scope":
        """The scope in which the step has this record already."""
        return replace(self, views=self.views | {step: view(record)}, output=(record.output,))

    def names(self) -> dict[str, Json]:
        """All that an expression can refer to, as plain JSON."""
        own = ({"output": self.output[0]} if self.output else {}) | ({"item": self.item[0]} if self.item else {})
        return own | {
            "inputs": self.inputs,
            "steps": self.views,
            "run": {"id": self.run},
            "agents": self.models,
            "iteration": self.iteration.shown,
        }

    def text(self, template: str) -> str:
        """The template as text."""
        return expression.render(template, self.names())

    def value(self, template: Json) -> Json:
        """The template with its types kept: a string that is exactly one `${{ }}` gives that value."""
        return expression.render_value(template, self.names())

    def expression(self, source: str) -> Json:
        """The value of a bare expression."""
        return expression.evaluate(source, self.names())

    def referred_steps(self, *templates: str) -> tuple[str, ...]:
        """The ids of finished steps that these templates refer to, in the order in which they do."""
        named = dict.fromkeys(str(keys[1]) for keys in _references(templates) if keys[0] == "steps" and len(keys) > 1)
        return tuple(step for step in named if step in self.records)

    def taken(self, *templates: str) -> tuple[str, ...]:
        """The ids of finished steps whose output these templates take, and not only what is known of it."""
        asked = [keys for keys in _references(templates) if keys[0] == "steps" and (len(keys) == 2 or keys[2:3] == ("output",))]
        return tuple(step for step in dict.fromkeys(str(keys[1]) for keys in asked) if step in self.records)

    def referred_rounds(self, *templates: str) -> tuple[str, ...]:
        """The ids of steps of the round before that these templates refer to: all of them where `iteration.previous` is taken whole."""
        asked = [keys for keys in _references(templates) if keys[:2] == ("iteration", "previous")]
        named = {keys[2] for keys in asked if len(keys) > 2}
        return tuple(step for step in self.iteration.previous or () if step in named or any(len(keys) == 2 for keys in asked))

    def labels_of(self, *templates: str) -> tuple[Label, ...]:
        """What is known of the origin of all that these templates refer to."""
        past = [self.records[step] for step in self.referred_steps(*templates)]
        past += [(self.iteration.previous or {})[step] for step in self.referred_rounds(*templates)]
        labels: list[Label] = [label for record in past for label in record.labels]
        for keys in _references(templates):
            if keys[0] == "item":
                labels += self.item_labels
            labels += UNTRUSTED if is_among(keys, self.untrusted) else ()
            labels += PRIVATE if is_among(keys, self.private) else ()
        return tuple(dict.fromkeys(labels))

    def trusted_inputs(self) -> tuple[Json, ...]:
        """The inputs that are the user's own word."""
        return tuple(value for name, value in self.inputs.items() if name not in self.untrusted)

    def inherited(self, step: StepSpec, record: Envelope, *made_from: str) -> Envelope:
        """The record with the labels, sources and fallbacks of the steps that it was made from: those that the step's templates refer
        to (`made_from`, where it was made from others), else those that it waited for."""
        templates = made_from or _templates(step)
        origins = self.referred_steps(*templates) or step.needs
        given = [(origin, self.records[origin]) for origin in origins if origin in self.records]
        given += [(origin, (self.iteration.previous or {})[origin]) for origin in self.referred_rounds(*templates)]
        fallback_from = [*record.fallback_from] + [
            name for origin, past in given for name in (*past.fallback_from, *((origin,) if past.status == "fallback" else ()))
        ]
        labels: list[Label] = [*record.labels, *self.labels_of(*templates), *(label for _, past in given for label in past.labels)]
        sources = [*record.sources, *(source for _, past in given for source in past.sources)]
        return replace(
            record,
            fallback_from=tuple(dict.fromkeys(fallback_from)),
            labels=tuple(dict.fromkeys(labels)),
            sources=tuple(dict.fromkeys(sources)),
        )


def view(record: Envelope) -> Json:
    """A step as expressions see it: every field but an output that is not there."""
    empty: dict[str, Json] = {"reason": "", "fallback_from": [], "labels": [], "sources": [], "capsule": None, "attempts": 1}
    return empty | to_json(record)


def _references(templates: Iterable[str]) -> list[tuple[str | int, ...]]:
    return [reference.keys for template in templates for reference in expression.references(template)]


def _templates(step: StepSpec) -> tuple[str, ...]:
    return tuple(texts([step.prompt, dict(step.arguments), step.content, step.fallback.value if step.fallback else None]))


def texts(value: Json) -> list[str]:
    """All texts within a value, in their order."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [text for part in parts for text in texts(part)]
