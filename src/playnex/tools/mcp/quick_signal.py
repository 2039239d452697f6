"""What the guard needs of the module `signal`, without the enumerations in it: they take 8 ms of each start."""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from signal import SIG_DFL, SIGPIPE, SIGTERM, SIGXFSZ, signal
else:
    try:
        from _signal import SIG_DFL, SIGPIPE, SIGTERM, SIGXFSZ, signal
    except ImportError:  # another Python than CPython
        from signal import SIG_DFL, SIGPIPE, SIGTERM, SIGXFSZ, signal

__all__ = ["SIGPIPE", "SIGTERM", "SIGXFSZ", "SIG_DFL", "signal"]
