"""A name that is not defined: those that are, and where it could be imported from."""

from __future__ import annotations

from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, program

NAME = "names"


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """The nearest names in scope, and imports that would bind it."""
    if failure.error in ("NameError", "UnboundLocalError", "ImportError"):
        yield from facts(ask(program("find_names"), failure.message))
