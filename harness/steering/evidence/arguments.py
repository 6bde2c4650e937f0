"""A call that was refused: what the function takes."""

from __future__ import annotations

from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, program

NAME = "arguments"


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """The parameters of the function, those nearest to the refused one first."""
    if failure.error == "TypeError" or "unexpected keyword" in failure.message[:1000]:
        yield from facts(ask(program("find_arguments"), failure.message))
