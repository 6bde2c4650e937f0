"""Tables of cells and fixes, and the words in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from harness.cli import show
from harness.cli.fitted import FittedTable
from harness.notebooks import tracebacks
from harness.records import CellResult, CellStatus, Effect, FixVerdict, Run, Verdict

MOST_PLACES = 2

VERDICT_STYLE = {
    Verdict.APPLIED: "green",
    Verdict.OBSOLETE: "dim",
    Verdict.CONFLICT: "red",
    Verdict.SKIPPED: "yellow",
}
STATE_STYLE = {"ok": "green", "new": "dim", "removed": "dim", CellStatus.NOT_RUN: "dim"}


def fixes_table(verdicts: Sequence[FixVerdict], *, short: bool = False) -> FittedTable:
    """A line per fix: its verdict, which cells it changed, how its place was found or why not.

    ``short``: of a fix that was applied, only the cells.
    """
    table = show.table("", "fix", "verdict", ("cells" if short else "cells, and how", "text"))
    for one in verdicts:
        is_told = not (short and one.cells)
        what = Text("; ").join([*map(effect, one.cells), *([Text(how(one))] if is_told else [])])
        if one.need and not short:
            what.append(f"; {one.need} ({one.need_reason})", style="bold")
        table.add_row(one.fix, Text(one.verdict.value, style=VERDICT_STYLE[one.verdict]), what)
    return table


def fixes_that_tell(verdicts: Sequence[FixVerdict]) -> Iterator[FittedTable | Text]:
    """The same without those that found nothing to do, which are counted; ``-v`` lists them."""
    telling = [one for one in verdicts if one.verdict is not Verdict.OBSOLETE]
    shown = verdicts if show.is_verbose() else telling
    if shown:
        yield fixes_table(shown)
    if len(shown) < len(verdicts):
        left = show.count(len(verdicts) - len(shown), "fix", "fixes")
        yield Text(f"{left} obsolete; -v lists them", style="dim")


def outcome_text(word: str, stale: Sequence[str]) -> Text:
    """An outcome in its colour; one that something out of date led to says so."""
    return Text(f"{word}, stale", style="yellow") if stale else show.status(word)


def how(one: FixVerdict) -> str:
    """How well a fix's places matched, or why it has none."""
    if one.places and one.verdict is Verdict.APPLIED:
        found = dict.fromkeys(str(place) for place in one.places)
        return show.clean(", ".join(found) if len(found) <= MOST_PLACES else f"{len(found)} places")
    near = f"; nearest {one.nearest}" if one.nearest else ""
    return show.clean(f"{one.reason or ''}{near}")


def effect(one: Effect) -> Text:
    """``numeric-001 KeyError → ok``."""
    return Text.assemble(f"{one.cell} ", change(one.before, one.after))


def change(before: str | None, after: str | None) -> Text:
    """``KeyError → ok``, in colours; one word where nothing changed."""
    sides = [before or "new", after or "removed"]
    texts = [Text(show.clean(side), style=STATE_STYLE.get(side, "red")) for side in sides]
    return texts[1] if sides[0] == sides[1] else Text(" → ").join(texts)


def cells_table(run: Run) -> FittedTable:
    """A line per code cell: its first line, how it ended in each notebook, its error."""
    forms = {
        form: {cell.cell: cell for cell in done.cells}
        for form, done in run.executions.items()
        if form != "repaired" or run.is_rewritten
    }
    raw, rows = forms.get("raw", {}), dict[str, CellResult]()
    for found in reversed(forms.values()):
        rows = rows | {name: cell for name, cell in found.items() if name not in rows}
    table = show.table(
        "", "cell", ("first line", "line"), *forms, ("error", "line"), ("seconds", "right", "extra")
    )
    for last in rows.values():
        first = raw.get(last.cell)
        results = [found.get(last.cell) for found in forms.values()]
        failed = first if first and first.failed else last
        table.add_row(
            last.cell,
            show.clean(last.first_line),
            *map(_status, results),
            show.clean(tracebacks.error_of(failed)) if failed.failed else "",
            f"{last.seconds:.1f}",
        )
    return table


def _status(cell: CellResult | None) -> Text:
    return show.status(cell.status.value) if cell is not None else Text("")
