"""What the names of the failing statement stand for."""

from __future__ import annotations

from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, program

NAME = "scope"


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """Their types and shapes."""
    if failure.error:
        yield from facts(ask(program("find_scope"), failure.message))
