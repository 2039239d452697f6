"""The lines of a file of cases as rows of values: JSON Lines or CSV, read in a stream, each fault with its line.

Nothing here holds more than one row: a file may be larger than the memory.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, TypeAlias

from playnex.canonical import Json
from playnex.spec.faults import Fault, Place

CaseForm = Literal["jsonl", "csv"]

LONGEST = 4_000_000
"""Bytes of one row at most."""

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One case as the file has it: the line on which it begins, its values by name, its text where that is one line, and the columns of
    a table, those without a value in this row too."""

    line: int
    values: Mapping[str, Json]
    text: str = ""
    columns: tuple[str, ...] = ()

    def at(self, name: str) -> int:
        """The column of the text in which that value is named; 1 where it is not."""
        return max(1, self.text.find(json.dumps(name, ensure_ascii=False)) + 1)


RowOrFault: TypeAlias = Row | Fault


def rows_of(file: BinaryIO, form: CaseForm, path: str) -> Iterator[RowOrFault]:
    """The rows of the file, in order, and a fault in the place of each that cannot be read. Empty lines are no rows."""
    reading = JsonLines(file, path) if form == "jsonl" else CsvLines(file, path)
    return reading.rows()


@dataclass(slots=True)
class Lines:
    """The lines of a file, decoded and counted; `number` is that of the last one, `faults` are those of lines that were given all
    the same, as far as they can be read."""

    file: BinaryIO
    path: str
    number: int = 0
    faults: list[Fault] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        while raw := self.file.readline(LONGEST + 1):
            self.number += 1
            if self.number == 1:
                raw = raw.removeprefix(BOM)
            if len(raw) > LONGEST and not raw.endswith(b"\n"):
                self._skip_rest()
                self.faults.append(self.fault(f"the line is longer than {LONGEST:,} bytes", hint="write long texts to files"))
                raw = b"\n"
            yield self._decoded(raw)

    def take_faults(self) -> list[Fault]:
        """The faults of the lines since the last time this was asked."""
        faults, self.faults = self.faults, []
        return faults

    def fault(self, message: str, *, line: int = 0, column: int = 1, hint: str = "") -> Fault:
        """A fault of that line, or of the last one."""
        return Fault(place=Place(path=self.path, line=line or self.number, column=column), message=message, hint=hint)

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            column = len(raw[: error.start].decode("utf-8")) + 1
            message = f"byte {raw[error.start]:#04x} is not UTF-8"
            self.faults.append(self.fault(message, column=column, hint="save the file in the encoding UTF-8"))
            return "\n"

    def _skip_rest(self) -> None:
        while (more := self.file.readline(LONGEST)) and not more.endswith(b"\n"):
            pass


@dataclass(slots=True)
class JsonLines(Lines):
    """One JSON object a line."""

    def rows(self) -> Iterator[RowOrFault]:
        """The rows, and the faults of the others."""
        for text in self:
            if faults := self.take_faults():
                yield from faults
            elif text.strip():
                yield self._row(text.rstrip("\r\n"))

    def _row(self, text: str) -> RowOrFault:
        try:
            values = json.loads(text, parse_constant=_refused)
        except json.JSONDecodeError as error:
            return self.fault(f"this is not JSON: {error.msg}", column=error.colno, hint="each line is one JSON object")
        except (ValueError, RecursionError) as error:
            return self.fault(f"this is not JSON: {error}", hint="each line is one JSON object")
        if not isinstance(values, dict):
            return self.fault("this is no JSON object", hint='each line is one: {"NAME": VALUE, …}')
        return Row(line=self.number, text=text, values=values)


def _refused(word: str) -> Json:
    raise ValueError(f"{word} is no number of JSON")


@dataclass(slots=True)
class CsvLines(Lines):
    """A head with the names of the columns, then a row of cells for each case; an empty cell is no value. A quoted cell may go over
    several lines."""

    began: int = 0
    size: int = 0

    def rows(self) -> Iterator[RowOrFault]:
        """The rows, and the faults of the others."""
        csv.field_size_limit(LONGEST)
        reader = csv.reader(self._of_one_row(), strict=True)
        head: list[str] | None = None
        for cells in self._records(reader):
            if isinstance(cells, Fault):
                yield cells
                if head is None:
                    return
            elif not any(cell.strip() for cell in cells):
                continue
            elif head is None:
                head = [cell.strip() for cell in cells]
                if faults := [*self._faults_of_head(head)]:
                    yield from faults
                    return
            else:
                yield self._row(head, cells)

    def _of_one_row(self) -> Iterator[str]:
        """The lines, until one row has become too long: its quote is never closed, as likely as not."""
        for text in self:
            self.began = self.began or self.number
            self.size += len(text)
            if self.size > LONGEST:
                return
            yield text

    def _records(self, reader: "Iterator[list[str]]") -> Iterator[list[str] | Fault]:
        while True:
            self.began = self.size = 0
            record: list[str] | Fault | None
            try:
                record = next(reader, None)
            except csv.Error as error:
                is_open = "unexpected end" in str(error)
                message = "a quote that is opened here is never closed" if is_open else f"this is not CSV: {error}"
                record = self.fault(message, line=self.began, hint='a quote within a quoted cell is written twice: ""')
            if faults := self.take_faults():
                yield from faults
            elif record is None:
                return
            else:
                yield record

    def _faults_of_head(self, head: list[str]) -> Iterator[Fault]:
        if len(head) == 1 and (other := next((sign for sign in ";\t|" if sign in head[0]), "")):
            yield self.fault(f"the columns are separated by {other!r}", hint="separate them by commas", line=self.began)
            return
        for number, name in enumerate(head):
            if not name:
                yield self.fault(f"column {number + 1} has no name", line=self.began, hint="the first line names the columns")
            elif name in head[:number]:
                yield self.fault(f"there are two columns {name!r}", line=self.began, hint="give each its own name")

    def _row(self, head: list[str], cells: list[str]) -> RowOrFault:
        if len(cells) != len(head):
            message = f"the row has {len(cells)} cells, and there are {len(head)} columns"
            return self.fault(message, line=self.began, hint="a cell with a comma in it is written in quotes")
        values = {name: cell for name, cell in zip(head, cells, strict=True) if cell}
        return Row(line=self.began, values=values, columns=tuple(head))
