"""An attribute that does not exist: those that do, the nearest first, and who else has it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, program

NAME = "attributes"


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """The nearest attributes with their signatures; names in scope that have the one asked for."""
    if failure.error in ("AttributeError", "ImportError"):
        yield from facts(ask(program("find_attributes"), failure.message))
