"""Places of a cell that a structural fix takes hold of, and the cell with all of them replaced."""

from __future__ import annotations

from typing import NamedTuple

MOST_MATCHES = 200  # in one notebook; a rule that matches more says too little
LONGEST_RESULT = 1 << 20  # characters of a cell


class Match(NamedTuple):
    """A place in a cell, what replaces it, and what the metavariables stand for."""

    start: int  # character of the source
    end: int
    line: int  # 0-based
    text: str
    bindings: dict[str, str]


def replaced(source: str, matches: list[Match]) -> str:
    """``source`` with every match replaced. Raises ValueError where it grows beyond reason."""
    pieces: list[str] = []
    at = 0
    for match in matches:
        pieces += [source[at : match.start], match.text]
        at = match.end
    text = "".join([*pieces, source[at:]])
    if len(text) > LONGEST_RESULT:
        raise ValueError(f"the cell would have more than {LONGEST_RESULT:,} characters")
    return text
