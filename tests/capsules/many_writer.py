"""One of several processes that count in the same capsules: `python -m capsules.many_writer STORE WRITER WRITES careful|blind`.

Each write takes a capsule's newest text, adds one to this writer's own count in it, and writes it back. What was accepted is printed, a
line each: name, version, count.
"""

import asyncio
import json
import random
import sys
from pathlib import Path

from playnex.capsules.capsule import CapsuleDraft
from playnex.capsules.stores.rows import MIGRATIONS
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.errors import CapsuleConflict
from playnex.store.database import Database

NAMES = tuple(f"counts/{number}" for number in range(4))


async def count(capsules: SqliteCapsules, name: str, writer: str, *, careful: bool) -> str:
    """Add one; the line that tells it."""
    while True:
        found = await capsules.read(name)
        counts = json.loads(found.body)
        counts[writer] = counts.get(writer, 0) + 1
        draft = CapsuleDraft(name=name, body=json.dumps(counts), expected=found.version if careful else None)
        try:
            written = await capsules.write(draft)
        except CapsuleConflict:
            continue
        return f"{name} {written.version} {counts[writer]}"


async def main(store: str, writer: str, *, writes: int, careful: bool) -> None:
    """Count so often, in capsules that chance chooses."""
    database, chance = Database(Path(store), MIGRATIONS), random.Random(writer)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for _ in range(writes):
        told = await count(SqliteCapsules(database, SystemClock()), chance.choice(NAMES), writer, careful=careful)
        sys.stdout.write(f"{told}\n")
    database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], writes=int(sys.argv[3]), careful=sys.argv[4] == "careful"))
