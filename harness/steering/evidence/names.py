"""A name that is not defined: those that are, and where it could be imported from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, program
from harness.steering.guards.imports import CUSTOMARY

NAME = "names"
MISSING = re.compile(r"name '(\w{1,100})' is not defined")


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """Imports that would bind it, and the nearest names in scope."""
    if failure.error not in ("NameError", "UnboundLocalError"):
        return
    missing = MISSING.search(failure.message[:1000])
    customary = CUSTOMARY.get(missing[1]) if missing else None
    if customary is not None:
        yield f"imports\n{customary}"
    else:
        yield from facts(ask(program("find_names"), failure.message))
