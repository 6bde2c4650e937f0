"""What the installed library itself says of a name that it renamed, deprecated or removed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, line, program

NAME = "removal"
NOTES = re.compile(r"deprecat|renamed|removed|no longer|instead", re.IGNORECASE)
MOST_WARNINGS = 2


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """Sentences of docstrings that speak of it, and warnings that the cell printed."""
    if failure.error in ("AttributeError", "TypeError", "ImportError", "ValueError"):
        yield from facts(ask(program("find_removal"), failure.message))
    told = [one for one in failure.result.warnings if NOTES.search(one[:2000])]
    for warning in told[:MOST_WARNINGS]:
        yield f"warning\n{line(warning)}"
