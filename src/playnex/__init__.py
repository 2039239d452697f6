"""Playnex coordinates a small team of AI agents into one dependable workflow on the user's own machine."""

__version__ = "0.1.0"

__all__ = ["__version__"]
