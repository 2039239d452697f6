"""The journal: append-only facts of a run, and the only truth about it."""
