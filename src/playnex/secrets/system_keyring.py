"""The system's keyring, under the service `playnex`; its library is loaded where a secret is really asked for."""

from collections.abc import Callable
from typing import TypeVar

from playnex.errors import CredentialError, NotFoundError

SERVICE = "playnex"
INSTEAD = "unlock it, or take the secret from the environment: ${NAME}"

Found = TypeVar("Found")


def find(name: str) -> str | None:
    """The secret of that name, or None. Raises CredentialError where there is no keyring, or it is locked."""
    import keyring  # late, here and below: only who asks for a secret loads it

    return _asked(lambda: keyring.get_password(SERVICE, name))


def keep(name: str, value: str) -> None:
    """Keep the secret in the place of one of that name. Raises CredentialError."""
    import keyring

    _asked(lambda: keyring.set_password(SERVICE, name, value))


def forget(name: str) -> None:
    """Remove it. Raises CredentialError, NotFoundError."""
    import keyring

    if find(name) is None:
        raise NotFoundError(f"the keyring has no secret {name!r}", hint="playnex secret list shows those that the workspace names")
    _asked(lambda: keyring.delete_password(SERVICE, name))


def backend() -> str:
    """What keeps the secrets here, in the library's words."""
    import keyring

    return _asked(lambda: str(keyring.get_keyring().name))


def _asked(act: Callable[[], Found]) -> Found:
    """What the keyring gives; its own failures in our words. They never quote a value."""
    from keyring.errors import KeyringLocked, NoKeyringError

    try:
        return act()
    except NoKeyringError:
        hint = "start one (GNOME Keyring, KWallet, KeePassXC), or take the secret from the environment: ${NAME}"
        raise CredentialError("this machine has no keyring that can be used", hint=hint) from None
    except KeyringLocked:
        raise CredentialError("the keyring is locked", hint=INSTEAD) from None
    except Exception as fault:  # the border: each backend has failures of its own
        raise CredentialError(f"the keyring does not answer ({type(fault).__name__})", hint=INSTEAD) from None
