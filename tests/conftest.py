"""How tests are tried here: properties as long as they take, for a busy machine is no fault, and everything with the network off."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from offline import offline

settings.register_profile("playnex", deadline=None)
settings.load_profile("playnex")


@pytest.fixture(autouse=True)
def nothing_but_loopback() -> Iterator[None]:
    """No test reaches another machine, but where it says that it has to (`offline.online`)."""
    with offline():
        yield
