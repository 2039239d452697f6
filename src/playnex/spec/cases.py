"""The cases of a batch: what each row of a file gives the flow, checked as a whole before anything starts."""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import BinaryIO

from playnex.canonical import Json, encode
from playnex.errors import UsageError
from playnex.spec.case_lines import CaseForm, Row, rows_of
from playnex.spec.faults import Fault, Place, did_you_mean
from playnex.spec.flow import FlowSpec

SHOWN = 20
"""Faults of a file that are told; the others are only counted."""

LONGEST_KEY = 500

OWN_KEY = "playnex key"
"""The column of keys in a file of cases that Playnex itself writes; it has a blank, so it is no input of any flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: its number, from 1, in the order of the file; its line; its key, if the batch has a column of keys; the flow's inputs,
    converted and complete; and all that its row says, what is no input of the flow included."""

    number: int
    line: int
    key: str
    inputs: Mapping[str, Json]
    row: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReader:
    """Reads cases of a flow. `resolve` makes a row's values into the flow's inputs and raises UsageError; `key` is the column that
    holds each case's key, or nothing; `path` is the file, as people are told of it. `takes_more` lets columns stand beside the inputs,
    an expected answer, say; one that is nearly an input which has no value is a fault all the same."""

    flow: FlowSpec
    resolve: Callable[[Mapping[str, Json]], dict[str, Json]]
    form: CaseForm
    path: str
    key: str = ""
    takes_more: bool = False

    def read(self, file: BinaryIO) -> Iterator[Case | Fault]:
        """The cases, in order, and a fault in the place of each that is none."""
        number = 0
        for row in self._rows(file):
            case = row if isinstance(row, Fault) else self._case(row, number + 1)
            number += isinstance(case, Case)
            yield case

    def check(self, file: BinaryIO) -> "Findings":
        """All that is wrong with the file: every row is read, and no two may have the same key."""
        findings = Findings()
        seen: dict[bytes, int] = {}
        for case in self.read(file):
            if isinstance(case, Fault):
                findings.add(case)
                continue
            findings.cases += 1
            if not case.key:
                continue
            first = seen.setdefault(blake2b(case.key.encode(), digest_size=12).digest(), case.line)
            if first != case.line:
                findings.add(self._fault(case.line, f"the key {case.key!r} stands on line {first} already", "each case has its own key"))
        if not findings.cases and not findings.count:
            findings.add(self._fault(1, "there are no cases in this file", "each case is one row below the head or one JSON object"))
        return findings

    def _rows(self, file: BinaryIO) -> Iterator[Row | Fault]:
        rows = rows_of(file, self.form, self.path)
        first = next(rows, None)
        if first is None:
            return
        if self.form == "csv" and isinstance(first, Row) and (faults := self._faults_of_columns(first)):
            yield from faults
            return
        yield from itertools.chain((first,), rows)

    def _faults_of_columns(self, first: Row) -> list[Fault]:
        """What no row of a table can have right, told once."""
        columns = tuple(first.columns)
        faults = [self._unknown(name, 1) for name in self._strangers(columns)]
        return faults + ([self._no_key(columns, 1)] if self.key and self.key not in columns else [])

    def _known(self) -> tuple[str, ...] | None:
        """The names that a row may have; None where it may have any."""
        if self.flow.accepts_any:
            return None
        return (*(spec.name for spec in self.flow.inputs), *([self.key] if self.key else []))

    def _strangers(self, names: Collection[str]) -> list[str]:
        """Those of the names that a row with all of them may not have."""
        known = self._known()
        if known is None:
            return []
        strangers = [name for name in names if name not in known]
        if not self.takes_more:
            return strangers
        missing = [name for name in known if name not in names]
        return [name for name in strangers if did_you_mean(name, missing)]

    def _case(self, row: Row, number: int) -> Case | Fault:
        values = dict(row.values)
        key = ""
        if self.key:
            if self.key not in values:
                return self._no_key(tuple(values), row.line)
            key = key_of(values[self.key])
            if not key:
                message = f"{self.key!r} cannot be a key: {values[self.key]!r}"
                return self._fault(row.line, message, f"a key is a text of 1 to {LONGEST_KEY} signs, or a whole number", row.at(self.key))
            if self.key == OWN_KEY or (not self.flow.accepts_any and all(spec.name != self.key for spec in self.flow.inputs)):
                del values[self.key]
        return self._resolved(row, values, key, number)

    def _resolved(self, row: Row, values: Mapping[str, Json], key: str, number: int) -> Case | Fault:
        if strangers := self._strangers(row.columns or tuple(values)):
            return self._unknown(strangers[0], row.line, row.at(strangers[0]))
        known = self._known()
        try:
            inputs = self.resolve({name: value for name, value in values.items() if known is None or name in known})
            encode([inputs, dict(row.values)])
        except UsageError as error:
            return self._fault(row.line, error.message, "")
        return Case(number=number, line=row.line, key=key, inputs=inputs, row=row.values)

    def _unknown(self, name: str, line: int, column: int = 1) -> Fault:
        known = self._known() or ()
        hint = did_you_mean(name, known) or (f"it has {', '.join(known)}" if known else "it has none")
        hint += "" if self.key or self.takes_more or did_you_mean(name, known) else f"; if it names the cases, say so with --key {name}"
        return self._fault(line, f"flow {self.flow.name!r} has no input {name!r}", hint, column)

    def _no_key(self, columns: tuple[str, ...], line: int) -> Fault:
        return self._fault(line, f"there is no {self.key!r}, which is to hold the key", did_you_mean(self.key, columns))

    def _fault(self, line: int, message: str, hint: str, column: int = 1) -> Fault:
        return Fault(place=Place(path=self.path, line=line, column=column), message=message, hint=hint)


@dataclass(slots=True)
class Findings:
    """What a check found: how many cases there are, the first faults, and how many there are in all."""

    cases: int = 0
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, fault: Fault) -> None:
        """One more fault."""
        self.count += 1
        if self.count <= SHOWN:
            self.faults.append(fault)


def key_of(value: Json) -> str:
    """A case's key as a text, or nothing where the value cannot be one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    text = str(value).strip()
    return text if len(text) <= LONGEST_KEY else ""
