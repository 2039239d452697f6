"""Step keys as paths: which lies within which."""


def scope_of(key: str) -> str:
    """The scope that a key lies in, with its slash; empty for the run's own."""
    return key[: key.rfind("/") + 1]


def is_below(name: str, key: str) -> bool:
    """True for `key` itself and every key in its scope."""
    return name == key or name.startswith(key + "/")


def is_related(name: str, key: str) -> bool:
    """True where one of the keys is the other, or in its scope."""
    return is_below(name, key) or is_below(key, name)
