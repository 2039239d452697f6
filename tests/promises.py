"""The promises that Playnex makes today: each with its page in the docs and the tests that prove it.

The ids are those of the requirements. tests/house/test_promises.py holds both ways: every promise that is due is here, and
every page and test named here exists.
"""

from promised import durability, flows, surroundings

DUE = (
    *("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12", "F13", "F14", "F15", "F16", "F17", "F18"),
    *("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"),
    *("P5", "A1", "A2", "A4", "A8", "A9", "X1", "X2", "L1", "L2", "L5", "M1", "M2", "M3", "W1", "W3", "W4"),
)
"""What this release has to keep."""

PROMISES = (*flows.PROMISES, *durability.PROMISES, *surroundings.PROMISES)
