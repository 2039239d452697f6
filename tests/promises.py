"""The promises that Playnex makes today: each with its page in the docs and the tests that prove it.

The ids are those of the requirements. tests/house/test_promises.py holds both ways: every promise that is due is here, and
every page and test named here exists.
"""

from promised import agents, durability, flows, patterns, surroundings, watching

DUE = (
    *(f"F{number}" for number in range(1, 19)),
    *(f"T{number}" for number in range(1, 9)),
    *(
        "P1",
        "P2",
        "P3",
        "P4",
        "P5",
        "P6",
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
        "A6",
        "A7",
        "A8",
        "A9",
        "X1",
        "X2",
        "X3",
        "X4",
        "X5",
        "X6",
        "X7",
        "X8",
        "L1",
        "L2",
        "L3",
        "L4",
        "L5",
        "M1",
        "M2",
        "M3",
        "M4",
        "M5",
        "M6",
        "M7",
        "M8",
        "W1",
        "W2",
        "W3",
        "W4",
    ),
)
"""What this release has to keep."""

PROMISES = (*flows.PROMISES, *durability.PROMISES, *surroundings.PROMISES, *watching.PROMISES, *agents.PROMISES, *patterns.PROMISES)
