"""What tests of flows and of Playnex itself stand on: fakes that pass the same suites as the real parts."""

import importlib

TYPE_CHECKING = False
"""True for a type checker; as in playnex itself, a name's module is imported when the name is first used."""

if TYPE_CHECKING:
    from playnex.testing import capsule_contract, engine_contract, journal_contract
    from playnex.testing.clock import FakeClock
    from playnex.testing.crashes import Crash, crash_at
    from playnex.testing.memory_context import MemoryContext
    from playnex.testing.memory_journal import MemoryJournal
    from playnex.testing.model_server import serving
    from playnex.testing.rehearsal import Rehearsal, crash_everywhere
    from playnex.testing.scripted_agents import ScriptedAgents
    from playnex.testing.scripted_model import ScriptedModel, ScriptedModels, says, wishes
    from playnex.testing.simulation.simulation import simulated

__all__ = [
    "Crash",
    "FakeClock",
    "MemoryContext",
    "MemoryJournal",
    "Rehearsal",
    "ScriptedAgents",
    "ScriptedModel",
    "ScriptedModels",
    "capsule_contract",
    "crash_at",
    "crash_everywhere",
    "engine_contract",
    "journal_contract",
    "says",
    "serving",
    "simulated",
    "wishes",
]

MODULES = {
    "Crash": "crashes",
    "FakeClock": "clock",
    "MemoryContext": "memory_context",
    "MemoryJournal": "memory_journal",
    "Rehearsal": "rehearsal",
    "ScriptedAgents": "scripted_agents",
    "ScriptedModel": "scripted_model",
    "ScriptedModels": "scripted_model",
    "crash_at": "crashes",
    "crash_everywhere": "rehearsal",
    "says": "scripted_model",
    "serving": "model_server",
    "simulated": "simulation.simulation",
    "wishes": "scripted_model",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """The public names, and the suites, which are modules."""
        if name in MODULES:
            return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
        if name in __all__:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
