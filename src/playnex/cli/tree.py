"""The tree of commands: nouns, verbs, and the modules that know them; a module is imported when one of its commands is called."""

from cyclopts import App

from playnex import __version__

HELP = """Local-first orchestration of AI agents: durable runs, plain files, your own machine.

Data goes to stdout, everything else to stderr. Where a run or a capsule is asked for, the start or the end of its id is enough.
`playnex help exit-codes` and `playnex help environment` are pages to read.

$ playnex demo
$ playnex init news --template research
$ playnex flow run research-to-article --input topic="local-first software"
$ playnex run resume last
"""

VERBS: tuple[tuple[str, str], ...] = (
    ("init:demo", "demo"),
    ("init:init", "init"),
    ("check:check", "check"),
    ("schema:schema", "schema"),
    ("capsule:capsules", "capsules"),
    ("run_control:stop", "stop"),
    ("run_control:worker", "worker"),
    ("dashboard:serve", "serve"),
    ("dashboard:dashboard", "dashboard"),
    ("compare:compare", "compare"),
    ("doctor:doctor", "doctor"),
    ("backup:backup", "backup"),
    ("backup:restore", "restore"),
)

NOUNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("flow", ("flow", "flows")),
    ("run", ("run", "runs")),
    ("batch", ("batch", "batches")),
    ("inbox", ("inbox",)),
    ("schedule", ("schedule", "schedules")),
    ("capsule", ("capsule",)),
    ("agent", ("agent", "agents")),
    ("tool", ("tool", "tools")),
    ("mcp", ("mcp",)),
    ("model", ("model", "models")),
    ("secret", ("secret", "secrets")),
    ("completion", ("completion",)),
    ("help", ("help",)),
)


def tree() -> App:
    """The whole command line."""
    app = App(name="playnex", help=HELP, version=__version__, result_action="return_value")
    for place, name in VERBS:
        app.command(f"playnex.cli.{place}", name=name)
    for module, names in NOUNS:
        app.command(f"playnex.cli.{module}:app", name=names)
    return app
