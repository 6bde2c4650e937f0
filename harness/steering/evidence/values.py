"""Text that could not be converted: in which column it is, and what it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.steering.evidence.failure import Ask, Failure, facts, program

NAME = "values"
CONVERTED = re.compile(
    r"(could not|cannot|can.t|unable to) (be )?(convert|parse|cast)|invalid literal"
    r"|must be (int|numeric)|not supported between|does not support|non-numeric|numeric columns"
    r"|does not match format|NaN|infinity",
    re.IGNORECASE,
)


def find(failure: Failure, ask: Ask) -> Iterator[str]:
    """Of each column with such values how many they are, and a few of them."""
    if CONVERTED.search(failure.message):
        yield from facts(ask(program("find_values"), failure.message))
