"""A cell that failed, as the modules of evidence are given it, and how they ask its kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from harness.records import CellResult
from harness.steering import programs

SHARED = "failing"  # a program that the others lean on
MOST_FACTS, MOST_ITEMS, LONGEST = 4, 12, 300  # of an answer; characters of a line

Ask = Callable[[str, object], object | None]
"""Puts a question to a program in the kernel where the cell failed; None where it has no answer."""


class Failure(NamedTuple):
    """A cell's source, and how it ended."""

    source: str
    result: CellResult

    @property
    def error(self) -> str:
        """The exception's class; empty where there was none."""
        return self.result.error or ""

    @property
    def message(self) -> str:
        """The exception's text."""
        return self.result.message or ""


@cache
def program(name: str) -> str:
    """The source of a program of ``programs/``, with what it leans on before it."""
    return f"{programs.source(SHARED)}\n\n{programs.source(name)}"


def facts(answer: object | None) -> Iterator[str]:
    """What a program answered, ``[subject, items]`` each, as facts; nothing of what is no such.

    Whatever the kernel says, a fact has few lines, and each is short.
    """
    for fact in answer[:MOST_FACTS] if isinstance(answer, list) else ():
        if isinstance(fact, list) and len(fact) == 2 and isinstance(fact[1], list):
            lines = [one for one in (fact[0], *fact[1][:MOST_ITEMS]) if isinstance(one, str)]
            if len(lines) > 1:
                yield "\n".join(map(line, lines))


def line(text: str) -> str:
    """``text`` in one short line."""
    words = " ".join(text[: 4 * LONGEST].split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
