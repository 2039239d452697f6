"""The labelled questions of benchmarks/recall.py: every section that one names is there."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks/recall.py"


def program() -> ModuleType:
    """The program, as a module."""
    spec = importlib.util.spec_from_file_location("benchmarks_recall", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(PROGRAM.parent))  # it stands beside what records its figures
    spec.loader.exec_module(module)
    return module


def test_every_labelled_question_has_its_section() -> None:
    recall = program()
    there = recall.sections()
    missing = sorted({question.section for question in recall.questions()} - there.keys())
    assert not missing
    assert len(recall.questions()) >= 100
