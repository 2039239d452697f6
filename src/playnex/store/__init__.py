"""The store: one SQLite file that is written by one thread, checked page by page, and never trusted blindly."""
