"""What references stand for: `NAME` for a variable of the environment, `keyring:NAME` for a secret of the system's keyring."""

from collections.abc import Callable, Iterator, Mapping

from playnex.errors import CredentialError
from playnex.secrets import system_keyring
from playnex.secrets.known import KNOWN

KEYRING = "keyring:"

Find = Callable[[str], str | None]


class References(Mapping[str, str]):
    """An environment in which the keyring's secrets stand too. A secret of the keyring is fetched once, when it is first asked for, and
    known from then on. `find` looks into the keyring."""

    def __init__(self, environment: Mapping[str, str], find: Find = system_keyring.find) -> None:
        self._environment = environment
        self._find = find
        self._fetched: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """Raises KeyError for a variable that is not set, CredentialError for a secret that cannot be had."""
        if not name.startswith(KEYRING):
            return self._environment[name]
        if name not in self._fetched:
            self._fetched[name] = self._from_keyring(name.removeprefix(KEYRING))
        return self._fetched[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)

    def secret(self, name: str) -> str:
        """The same, remembered as a secret whatever it comes from. Raises CredentialError where there is none."""
        value = self.get(name)
        if not value:
            raise CredentialError(f"the environment variable {name} is not set", hint=f"set it: export {name}=…")
        KNOWN.remember(name, value)
        return value

    def _from_keyring(self, name: str) -> str:
        value = self._find(name)
        if not value:
            raise CredentialError(f"the keyring has no secret {name!r}", hint=f"keep it there: playnex secret set {name}")
        KNOWN.remember(name, value)
        return value
