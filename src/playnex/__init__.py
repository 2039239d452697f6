"""Playnex coordinates a small team of AI agents into one dependable workflow on the user's own machine."""

TYPE_CHECKING = False
"""True for a type checker, as `typing.TYPE_CHECKING` is; `typing` itself is not imported, so that `--version` stays fast."""

if TYPE_CHECKING:
    from playnex.spec.context import Approval
    from playnex.spec.context import StepContext as Context
    from playnex.spec.flow import Budget
    from playnex.spec.flow import RetrySpec as Retry
    from playnex.spec.pydantic_agent import PydanticAgent
    from playnex.spec.python_flow import flow
    from playnex.tools.declare import tool

__version__ = "0.1.0"

__all__ = ["Approval", "Budget", "Context", "PydanticAgent", "Retry", "__version__", "flow", "tool"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """The public names whose modules are imported when they are first used, so that `import playnex` stays light."""
        match name:
            case "tool":
                from playnex.tools.declare import tool as found  # late, here and below: see above
            case "flow":
                from playnex.spec.python_flow import flow as found
            case "Context":
                from playnex.spec.context import StepContext as found
            case "Approval":
                from playnex.spec.context import Approval as found
            case "PydanticAgent":
                from playnex.spec.pydantic_agent import PydanticAgent as found
            case "Retry":
                from playnex.spec.flow import RetrySpec as found
            case "Budget":
                from playnex.spec.flow import Budget as found
            case _:
                raise AttributeError(f"module 'playnex' has no attribute {name!r}")
        return found

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
