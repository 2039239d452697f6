"""The file of a batch's cases: found, checked as a whole, and held to what it was when the batch began."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playnex.errors import DefinitionError, UsageError
from playnex.spec.case_lines import CaseForm
from playnex.spec.cases import Case, CaseReader
from playnex.spec.faults import Fault
from playnex.workspace import shown

FORMS: dict[str, CaseForm] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}


def form_of(path: Path) -> CaseForm:
    """How the file is written, as its name says. Raises UsageError."""
    if (form := FORMS.get(path.suffix.lower())) is None:
        hint = "give cases as .jsonl (one JSON object a line) or .csv (a head with the names of the inputs, then a row for each case)"
        raise UsageError(f"{shown(path)} is no file of cases", hint=hint)
    return form


@contextmanager
def opened_cases(path: Path) -> "Iterator[OpenCases]":
    """The file, opened once, so that nobody can put another in its place meanwhile. Raises UsageError."""
    try:
        file = path.open("rb")
    except OSError as fault:
        reason = (fault.strerror or str(fault)).lower()
        raise UsageError(f"cannot read {shown(path)}: {reason}", hint="name the file of the cases") from None
    with file:
        yield OpenCases(path=path, file=file)


@dataclass(slots=True, kw_only=True)
class OpenCases:
    """An open file of cases. `digest` is the SHA-256 of its content, `seen` what tells that it was changed since that was taken."""

    path: Path
    file: io.BufferedReader
    digest: str = field(init=False)
    seen: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.seen = self._stamp()
        self.digest = hashlib.file_digest(self.file, "sha256").hexdigest()

    def check(self, reader: CaseReader) -> int:
        """How many cases there are. Raises DefinitionError with the first faults of the file, and the number of all."""
        self.file.seek(0)
        findings = reader.check(self.file)
        self.check_unchanged()
        if findings.count:
            more = findings.count - len(findings.faults)
            rest = f" and {more:,} more" if more else ""
            hint = f"{len(findings.faults)} fault{'s' * (findings.count > 1)}{rest}; nothing was run"
            raise DefinitionError(tuple(findings.faults), hint=hint)
        return findings.cases

    def cases(self, reader: CaseReader) -> Iterator[Case]:
        """The cases, in order. Raises UsageError where the file was changed meanwhile."""
        self.file.seek(0)
        for case in reader.read(self.file):
            self.check_unchanged()
            if isinstance(case, Fault):
                raise DefinitionError((case,), hint="the flow takes it no more, though it did when the batch began")
            yield case

    def check_unchanged(self) -> None:
        """Raises UsageError where the file was written to since it was opened."""
        if self._stamp() != self.seen:
            raise changed(self.path)

    def _stamp(self) -> tuple[int, int]:
        status = os.fstat(self.file.fileno())
        return status.st_size, status.st_mtime_ns


def changed(path: Path) -> UsageError:
    """The file is not what it was when the batch began."""
    hint = "put it back as it was and resume; or start a new batch with it, with --key COLUMN so that no case is done twice"
    return UsageError(f"{shown(path)} was changed since the batch began", hint=hint)
