"""Tables of a comparison: up to three models have a column each, more have a row each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.comparison import Compared, Comparison
from harness.analysis.comparison.differences import Difference, Gap
from harness.analysis.comparison.sides import Side
from harness.cli import show
from harness.records import FindingKind

MOST_COLUMNS = 3  # models that stand beside each other
PERCENT = ("cells", "checks", "passed", "human")
LONG = ("outcomes", "step ", "root failures", *(f"{kind.value} a cell" for kind in FindingKind))
Row = tuple[str, ...]


def print_all(found: Compared) -> None:
    """Work by work, then over all of it."""
    for one in found.works:
        _print(one)
    if len(found.works) > 1 and found.overall:
        table = show.table(
            "All work in common, over runs with the same seed", "minus the first",
            ("model", "line"), ("difference", "right"), "95 %", ("pairs", "right", "extra"),
        )  # fmt: skip
        for gap in found.overall:
            table.add_row(gap.measure, gap.second, *_gap(gap), str(gap.pairs))
        show.out.print(table)


def pages(found: Compared) -> Iterator[tuple[str, list[Row], list[str]]]:
    """The same for a page: a title, rows whose first is the header, and sentences."""
    for one in found.works:
        yield one.title, _rows(one), list(_sentences(one))
        if one.alone:
            yield f"{one.title}: only one of them", [("", "model", "seeds"), *_alone(one)], []
    if len(found.works) > 1 and found.overall:
        header = ("minus the first", "model", "difference", "95 %")
        rows = [(gap.measure, gap.second, *_gap(gap)) for gap in found.overall]
        yield "All work in common, over runs with the same seed", [header, *rows], []


def _print(one: Comparison) -> None:
    header, *rows = _rows(one)
    if len(one.models) > MOST_COLUMNS:
        rest = [(name, "right", "extra") if at > 2 else (name, "right")
                for at, name in enumerate(header[1:])]  # fmt: skip
        table = show.table(one.title, ("model", "line"), *rest)
    else:
        table = show.table(one.title, "", *((name, "text") for name in header[1:]))
    for cells in rows:
        table.add_row(*map(show.clean, cells))
    show.out.print(table)
    for sentence in _sentences(one):
        show.line(sentence)
    if one.alone:
        table = show.table("", "only one of them", ("model", "line"), ("seeds", "right"))
        for cells in _alone(one):
            table.add_row(*map(show.clean, cells))
        show.out.print()
        show.out.print(table)
    show.out.print()


def _sentences(one: Comparison) -> Iterator[str]:
    """How far each is from the first, and what can be said of it."""
    for gap in one.differences:
        size = f"{gap.mean:+.1%} of raw cells"
        if gap.low is not None and gap.high is not None:
            size += f" ({gap.low:+.1%} to {gap.high:+.1%}, 95 %)"
        yield f"{gap.second} minus {gap.first}: {size}"
        yield gap.message
        for word, fixes in _changed(gap):
            yield f"{gap.second}: now {word}: {', '.join(fixes)}"


def _changed(gap: Difference) -> Iterator[tuple[str, Sequence[str]]]:
    if gap.obsolete:
        yield "obsolete", gap.obsolete
    if gap.conflict:
        yield "in conflict", gap.conflict


def _alone(one: Comparison) -> Iterator[Row]:
    for item in one.alone:
        for side, number in zip(one.models, item.alone, strict=True):
            if number:
                yield item.label, side.model, f"{number} of {item.seeds}"


def _gap(gap: Gap) -> tuple[str, str]:
    form = ".1%" if gap.measure in PERCENT else ",.0f" if gap.measure == "tokens" else ".2f"
    bounds = f"{gap.low:+{form}} to {gap.high:+{form}}" if gap.low is not None else ""
    return f"{gap.mean:+{form}}", bounds


def _rows(one: Comparison) -> list[Row]:
    """With a header; a row per measure, or per model where there are many."""
    lines = [("", *(side.model for side in one.models)), *_lines(one)]
    if len(one.models) <= MOST_COLUMNS:
        return lines
    short = [line for line in lines if not line[0].startswith(LONG)]
    return list(zip(*short, strict=True))


def _lines(one: Comparison) -> Iterator[Row]:
    sides = one.models
    if any(side.stale for side in sides):
        yield "stale runs", *(f"{side.stale} of {side.runs}" for side in sides)
    yield "outcomes", *(_counts(side.outcomes) for side in sides)
    yield "raw passes", *(f"{side.passed} of {side.runs}" for side in sides)
    for k in sorted({k for side in sides for k in side.pass_at}):
        yield f"pass@{k}", *(_share(side.pass_at.get(k)) for side in sides)
    yield "cells ok", *(f"{side.cells_ok} of {side.cells}" for side in sides)
    for step in dict.fromkeys(step for side in sides for step in side.steps):
        counts = (side.steps.get(step, (0, 0)) for side in sides)
        yield f"step {step}", *(f"{ok} of {n}" for ok, n in counts)
    yield "root failures", *(_counts(side.roots) for side in sides)
    yield "human share", *(_share(side.human_share) for side in sides)
    yield from _findings(sides)
    yield "tokens", *(f"{side.tokens:,}" for side in sides)
    yield "tokens/s", *(f"{side.tokens_per_second:.1f}" for side in sides)


def _findings(sides: Sequence[Side]) -> Iterator[Row]:
    """In a cell of code: all of them, then by the kinds that there are."""
    every = (side.findings.every for side in sides)
    yield "findings a cell", *("" if one is None else f"{one:.2f}" for one in every)
    for kind in FindingKind:
        found = [side.findings.per_cell.get(kind) for side in sides]
        if any(found):
            yield f"{kind.value} a cell", *("" if one is None else f"{one:.2f}" for one in found)


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counted.items()) or "none"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
