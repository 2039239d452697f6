"""Texts that a person names on the command line: the content of a file."""

from pathlib import Path

from playnex.errors import UsageError


def text_of(path: str) -> str:
    """The file's text. Raises UsageError in words, not in error numbers."""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as fault:
        raise UsageError(f"cannot read {path!r}: {(fault.strerror or str(fault)).lower()}") from None
    except UnicodeDecodeError:
        raise UsageError(f"cannot read {path!r}: it is not a text in UTF-8") from None
