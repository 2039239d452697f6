"""The engine: runs a function durably, one journaled step at a time."""
