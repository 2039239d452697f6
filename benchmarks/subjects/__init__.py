"""The systems that are measured, each a program of its own that prints its figures as one line of JSON."""
