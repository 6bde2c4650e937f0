"""A leaderboard written down: a document that can be merged, a table in Markdown, flat rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from harness.analysis.ladder.shares import Share
from harness.analysis.leaderboard.boards import Board, Place
from harness.analysis.leaderboard.entries import FORMAT, VERSION, Entry
from harness.records import FindingKind

HEADER = (
    "", "model", "runs", "passed", "checks", "cells", "human", "findings", "tokens", "seconds",
)  # fmt: skip
WIDE = ("passed", "checks", "cells")
ABOUT = (
    "dataset", "dataset_sha256", "synthetic", "context", "context_sha256", "help", "stage",
    "stage_sha256",
)  # fmt: skip


def document(entries: Sequence[Entry], made: Iterable[Board]) -> dict[str, Any]:
    """What a result file holds, as JSON's types."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "results": [one.model_dump(mode="json") for one in entries],
        "boards": [one.model_dump(mode="json") for one in made],
    }


def markdown(made: Iterable[Board]) -> str:
    """A section with a table per board; nothing in a cell can end it."""
    lines = []
    for board in made:
        lines += [f"### {_escaped(board.title)}", "", _row(HEADER), _row(("---",) * len(HEADER))]
        lines += [_row(cells(place)) for place in board.places]
        lines.append("")
    return "\n".join(lines)


def rows(made: Iterable[Board]) -> list[dict[str, object]]:
    """A flat row per board and model, for CSV."""
    return [
        {
            **{name: getattr(board, name) for name in ABOUT},
            **place.model_dump(mode="json", exclude={*WIDE, "human", "findings"}),
            **{key: value for name in WIDE for key, value in _flat(name, place).items()},
            "human": "" if place.human is None else place.human,
            **{f"{kind.value}_per_cell": place.findings.get(kind, "") for kind in FindingKind},
        }
        for board in made
        for place in board.places
    ]


def cells(place: Place) -> tuple[str, ...]:
    """A place in words, as ``HEADER`` has them."""
    return (
        f"{place.rank}",
        place.model,
        f"{place.runs}",
        percent(place.passed),
        percent(place.checks),
        percent(place.cells),
        "" if place.human is None else f"{place.human:.1%}",
        f"{sum(place.findings.values()):.2f}" if place.findings else "",
        f"{place.tokens:,.0f}",
        f"{place.seconds:,.0f}",
    )


def percent(one: Share) -> str:
    """``60% (31 to 83)``; the share alone where nothing tells its bounds."""
    if one.value is None:
        return ""
    if one.low is None or one.high is None:
        return f"{one.value:.0%}"
    return f"{one.value:.0%} ({100 * one.low:.0f} to {100 * one.high:.0f})"


def _flat(name: str, place: Place) -> dict[str, object]:
    one: Share = getattr(place, name)
    value = "" if one.value is None else round(one.value, 4)
    bounds = {"low": one.low, "high": one.high}
    told = {f"{name}_{end}": "" if bound is None else bound for end, bound in bounds.items()}
    return {name: value, f"{name}_of": one.whole, **told}


def _row(texts: Iterable[str]) -> str:
    return f"| {' | '.join(map(_escaped, texts))} |"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
