"""The customers of the example, as the tool `crm.get_account`. Put a look-up in your own system in its place.

To see what the flow does when the look-up does not answer, make an empty file `crm-is-slow` beside playnex.toml.
"""

import time
from pathlib import Path

import playnex

ACCOUNTS = {
    "C-1001": {"name": "Ana", "plan": "plus", "since": "2024-03", "last_payments": "2 x 9 EUR on 3 November"},
    "C-1002": {"name": "Tom", "plan": "free", "since": "2025-11", "last_payments": "none"},
    "C-1003": {"name": "Mei", "plan": "team", "since": "2023-07", "last_payments": "45 EUR on 1 November"},
}
SLOW = Path("crm-is-slow")


@playnex.tool(effect="idempotent")
def get_account(customer: str) -> dict[str, str]:
    """The account of a customer: name, plan, since when, and the last payments; `plan: none` for somebody who has none."""
    if SLOW.exists():
        time.sleep(60)
    return ACCOUNTS.get(customer, {"plan": "none"})
