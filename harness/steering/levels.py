"""How far back a reply goes, and what it may not write there: more with each try.

Decision 0043 tells what was tried, with figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.records import Level
from harness.steering.places import Place

EACH = 2  # tries of one place before a wider one is taken
# Tries of one statement after which no narrower place is taken.
EXPRESSION_FROM, STATEMENT_FROM = 4, 5
PENALTY = 2.0  # logits, along a statement that is written anew
MOST_HINT = 200  # characters


class Choice(NamedTuple):
    """A place, and how it is stepped back from."""

    place: Place
    level: Level
    penalty: float | None = None


def choose(places: Sequence[Place], of_place: int, of_statement: int, wholes: int) -> Choice:
    """Where to go. ``places``: the most specific first, the statement last.

    ``of_place`` and ``of_statement``: how often the first place, and the statement, were stepped
    back from; a way that came again counts as all tries of its place. ``wholes``: how often it was
    the whole statement.
    """
    last = len(places) - 1
    index = min(of_place // EACH, last)
    if of_statement >= EXPRESSION_FROM:
        wide = (i for i, place in enumerate(places) if place.level is not Level.NAME)
        index = max(index, next(wide))
    if of_statement >= STATEMENT_FROM or index == last:
        return Choice(places[last], Level.HINT if wholes else Level.STATEMENT, PENALTY)
    return Choice(places[index], places[index].level)


def hint(error: str | None, message: str) -> str:
    """What the kernel said, as one line of comment. It may hold anything, so it is made plain."""
    said = " ".join(f"{error or 'Error'}: {message}".rstrip(": ").split())
    plain = "".join(char if char.isprintable() else "�" for char in said).replace("`", "'")
    return f"# {plain[:MOST_HINT]}\n"
