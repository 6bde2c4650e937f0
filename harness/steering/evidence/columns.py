"""A column or key that does not exist: the nearest columns of the frames in that line."""

from __future__ import annotations

from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, program

NAME = "columns"


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """Of each frame the nearest columns and their dtypes."""
    if failure.error in ("KeyError", "ValueError", "IndexError"):
        yield from facts(
            ask(program("find_columns"), [failure.message, failure.error == "KeyError"])
        )
