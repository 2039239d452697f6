"""The labelled questions of benchmarks/recall.py: every section that one names is there."""

from recall import questions, sections


def test_every_labelled_question_has_its_section() -> None:
    there = sections()
    missing = sorted({question.section for question in questions()} - there.keys())
    assert not missing
    assert len(questions()) >= 100
