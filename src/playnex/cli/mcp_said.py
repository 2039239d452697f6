"""What is said on the command line of a server that is added."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from playnex.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """Where a server comes from, and what it may do."""

    npm: Annotated[str, Parameter(metavar="PACKAGE[@V]", help="install this npm package into the workspace")] = ""
    pypi: Annotated[str, Parameter(metavar="PACKAGE[==V]", help="install this PyPI package into the workspace")] = ""
    env: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="NAME=VALUE", negative=(), help="a variable that it is given; write a secret as 'KEY=${KEY}'; repeat the flag for more"
        ),
    ] = ()
    write: Annotated[
        tuple[str, ...], Parameter(metavar="DIR", negative=(), help="a folder that it may change; repeat the flag for more")
    ] = ()
    network: Annotated[bool, Parameter(negative=(), help="let it use the network")] = False
    browser: Annotated[bool, Parameter(negative=(), help="give agents a browser, kept to the hosts that --host names")] = False
    host: Annotated[
        tuple[str, ...],
        Parameter(metavar="HOST[:PORT]", negative=(), help="a host that the browser may reach; repeat the flag for more"),
    ] = ()
    full: Annotated[bool, Parameter(name="--full-trust", negative=(), help="run it without the sandbox, with all your rights")] = False


def comes_from(adding: Adding) -> tuple[str, ...]:
    """What is said of where the server comes from; more than one is too much."""
    return tuple(flag for flag, said in (("--npm", adding.npm), ("--pypi", adding.pypi), ("--browser", adding.browser)) if said)


def pairs(typed: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping. Raises UsageError."""
    found = {}
    for text in typed:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"--env {text!r} is no variable", hint="write it as --env NAME=VALUE")
        found[name] = value
    return found
