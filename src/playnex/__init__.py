"""Playnex coordinates a small team of AI agents into one dependable workflow on the user's own machine."""

TYPE_CHECKING = False
"""True for a type checker, as `typing.TYPE_CHECKING` is; `typing` itself is not imported, so that `--version` stays fast."""

if TYPE_CHECKING:
    from playnex.tools.declare import tool

__version__ = "0.1.0"

__all__ = ["__version__", "tool"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """The public names whose modules are imported when they are first used."""
        if name == "tool":
            from playnex.tools.declare import tool  # late: `import playnex` stays light

            return tool
        raise AttributeError(f"module 'playnex' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), "tool"]
