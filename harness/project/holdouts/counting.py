"""How many rows are held out, in words, and where these are so few that a figure means little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.profiles.columns import cut, many, quoted
from harness.records import HeldCounts

NAMED = 6  # classes in a sentence


def said(counts: HeldCounts, classes: Sequence[str] = ()) -> str:
    """``1,421 of 7,043 rows are held out: 1,043 No, 378 Yes``.

    ``classes`` are those of the target, among which there may be some that no row held out has;
    without them, as where a number is predicted, none is listed.
    """
    told = f"{counts.held:,} of {many(counts.rows, 'row')} are held out"
    return f"{told}: {_listed(counts.of(classes))}" if classes else told


def doubts(counts: HeldCounts, classes: Sequence[str] = ()) -> Iterator[str]:
    """In a sentence each, why a figure of these rows would mean little."""
    if counts.few:
        rows = f"{counts.held} row{' is' if counts.held == 1 else 's are'}"
        yield f"only {rows} held out, so a figure of them means little; raise holdout's share"
    elif classes and (rare := counts.rare(classes)):
        listed = _listed(rare)
        yield f"only {listed} are held out, so a figure of so few rows of a class means little"


def _listed(classes: Mapping[str, int]) -> str:
    found = sorted(classes.items(), key=lambda item: -item[1])
    listed = ", ".join(f"{count:,} {_class(value)}" for value, count in found[:NAMED])
    others = len(found) - NAMED
    return f"{listed} and {others:,} more classes" if others > 0 else listed


def _class(value: str) -> str:
    """A class beside a number: in quotes where it might be taken for one, or for nothing."""
    return cut(value) if value[:1].isalpha() else quoted(value)
