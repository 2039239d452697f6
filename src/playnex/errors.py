"""Every error Playnex raises on purpose, under one root; the type says what to do next.

PlaynexError
 ├── UsageError              the command or call is wrong: change it                          exit 2
 ├── DefinitionError         a file of the user is wrong: every fault, with its place         exit 3
 ├── CredentialError         a key or permission is missing: set it                           exit 4
 ├── NotFoundError           no such run, flow, agent, capsule: the message suggests one      exit 5
 ├── StepFailed              a step of a run failed; its envelope is in the journal           exit 1
 │    └── BudgetExhausted    the run spent what it was given: raise the budget, resume        exit 7
 ├── ModelError              the model server did not give a usable answer                    exit 1
 │    ├── ModelUnavailable   down, overloaded, timed out, garbage: worth another try
 │    └── ModelRefused       the request itself is at fault: trying again cannot help
 ├── ToolError               a tool call did not give a result                                exit 1
 │    ├── ToolRefused        the gate said no: not in the list, bad arguments, outside the folder
 │    └── ToolFailed         the tool ran and failed
 ├── ExpressionError         a template met a value it cannot work with: mend the template       exit 1
 ├── CapsuleConflict         somebody wrote the capsule first: read it again, then write      exit 1
 ├── StoreError              the store could not keep or give a fact                          exit 1
 │    ├── StoreFull          no space left: nothing acknowledged is lost; free space, resume
 │    ├── StoreReadOnly      the store may not be written: mend the folder's permissions       exit 4
 │    └── StoreTooNew        a newer Playnex wrote this store: upgrade
 ├── AllStopped              somebody stopped all runs: lift that first                       exit 1
 ├── RunBusy                 another process advances this run: wait for it, or watch it      exit 1
 ├── NotItsTurn              another run of its concurrency group goes on: it waits in line   exit 1
 ├── StaleEpoch              this worker lost its lease: stop, the new holder goes on         exit 1
 └── JournalMismatch         the journal does not fit the code: the message names the step    exit 1

RunInterrupted is a BaseException, outside the tree: it stops a run from within and no `except Exception` may eat it.
"""

from collections.abc import Mapping
from typing import ClassVar


class PlaynexError(Exception):
    """Root of all errors; `code` is stable and machine-readable, `hint` is the next move. `unspent` says that a model request which ended
    like this has surely cost nothing; all others count against the run's budget with all that they could have cost."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    unspent: bool = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PlaynexError):
    """The command or call is wrong."""

    code = "usage"
    exit_code = 2
    unspent = True


class DefinitionError(PlaynexError):
    """One or more files of the user are wrong; `faults` holds every fault found, in file order. `drafts` are the texts, by path, of
    files that are not saved."""

    code = "definition"
    exit_code = 3
    unspent = True

    def __init__(self, faults: tuple["FaultLike", ...], *, hint: str = "", drafts: Mapping[str, str] | None = None) -> None:
        super().__init__("\n".join(str(fault) for fault in faults), hint=hint)
        self.faults = faults
        self.drafts = drafts or {}


class FaultLike:
    """What a `DefinitionError` carries (spec/faults.py has the real one): prints itself as `file:line:col: message`."""


class CredentialError(PlaynexError):
    """A key or permission is missing."""

    code = "credential"
    exit_code = 4
    unspent = True


class NotFoundError(PlaynexError):
    """No such run, flow, agent, tool or capsule."""

    code = "not-found"
    exit_code = 5
    unspent = True


class StepFailed(PlaynexError):
    """A step failed; `step` is its key and `reason` the recorded reason; `also` are the keys of others that failed beside it."""

    code = "failed"

    def __init__(self, message: str, *, step: str, reason: str = "failed", hint: str = "", unspent: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.step = step
        self.reason = reason
        self.unspent = unspent
        self.also: tuple[str, ...] = ()


class BudgetExhausted(StepFailed):
    """The run spent what it was given; what is finished is kept."""

    code = "exhausted"
    exit_code = 7


class ModelError(PlaynexError):
    """The model server did not give a usable answer."""

    code = "model"


class ModelUnavailable(ModelError):
    """Down, overloaded, timed out or garbled; `retry_after` is in seconds where the server named it. It is `unspent` where the server
    surely did no work: nothing listened there, or it refused (429, 503)."""

    code = "model-unavailable"

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None, unspent: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        self.unspent = unspent


class ModelRefused(ModelError):
    """The request itself is at fault (too long, unknown model, bad key)."""

    code = "model-refused"
    unspent = True


class ToolError(PlaynexError):
    """A tool call did not give a result."""

    code = "tool"


class ToolRefused(ToolError):
    """The gate refused the call before anything ran."""

    code = "refused"


class ToolFailed(ToolError):
    """The tool ran and failed."""

    code = "tool-failed"


class ExpressionError(PlaynexError):
    """An expression or a prompt cannot be worked out: a value is missing, of the wrong kind, or takes too much work."""

    code = "expression"


class CapsuleConflict(PlaynexError):
    """The capsule is no longer at the version that the writer had read."""

    code = "conflict"


class StoreError(PlaynexError):
    """The store could not keep or give a fact."""

    code = "store"


class StoreFull(StoreError):
    """No space left on the device; nothing acknowledged is lost."""

    code = "disk-full"


class StoreReadOnly(StoreError):
    """The store may not be written."""

    code = "read-only"
    exit_code = 4


class StoreTooNew(StoreError):
    """The store was written by a newer Playnex."""

    code = "store-too-new"


class AllStopped(PlaynexError):
    """All runs of the workspace are stopped, and none may start or go on."""

    code = "all-stopped"


class RunBusy(PlaynexError):
    """Another process holds the run's lease."""

    code = "busy"


class NotItsTurn(PlaynexError):
    """Another run of the run's concurrency group goes on, or is before it in the line."""

    code = "not-its-turn"


class StaleEpoch(PlaynexError):
    """This worker's lease was taken over; it must stop."""

    code = "stale-epoch"


class JournalMismatch(PlaynexError):
    """The journal does not fit the code that reads it; `step` is the key at which they part, where there is one."""

    code = "journal-mismatch"

    def __init__(self, message: str, *, hint: str = "", step: str = "") -> None:
        super().__init__(message, hint=hint)
        self.step = step


class RunInterrupted(BaseException):
    """A person stopped the run; what is finished is in the journal."""
