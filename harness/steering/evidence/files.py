"""A file that is not there: those that are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, program

NAME = "files"
MISSING = re.compile(r"FileNotFoundError|No such file|[Nn]ot found: |does not exist")


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """The files of the working folder, the nearest first."""
    if MISSING.search(f"{failure.error}: {failure.message}"):
        yield from facts(ask(program("find_files"), failure.message))
