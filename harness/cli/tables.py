"""What the terminal shows of fixes and of what they made: verdicts, cells, shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness.cli import show
from harness.records import CellStatus, FixVerdict, Ledger, Run, Verdict

if TYPE_CHECKING:
    from harness.records import CellResult

MOST_PLACES = 2

CHECK_STYLE = {"passed": "green", "failed": "red", "suspect": "red", "not run": "dim"}
VERDICT_STYLE = {
    Verdict.APPLIED: "green",
    Verdict.OBSOLETE: "dim",
    Verdict.CONFLICT: "red",
    Verdict.SKIPPED: "yellow",
}


def fixes_table(verdicts: Sequence[FixVerdict]) -> Table:
    """A line per fix: verdict, how it took hold or why not, and what it did to cells."""
    free = max(show.out.width - 12, 40)
    names = min(max((len(one.fix) for one in verdicts), default=3), free * 2 // 5)
    table = show.table("", "fix", "verdict", "how, and what came of it")
    for one in verdicts:
        told = Text("; ").join([*map(effect, _telling(one)), Text(how(one))])
        if one.need:
            told.append(f"; {one.need} ({one.need_reason})", style="bold")
        table.add_row(
            show.shorten(one.fix, names),
            Text(one.verdict.value, style=VERDICT_STYLE[one.verdict]),
            show.shorten_text(told, 3 * (free - names)),
        )
    return table


def how(one: FixVerdict) -> str:
    """How well a fix's places matched, or why it has none."""
    if one.places and one.verdict is Verdict.APPLIED:
        told = dict.fromkeys(str(place) for place in one.places)
        return show.clean(", ".join(told) if len(told) <= MOST_PLACES else f"{len(told)} places")
    near = f"; nearest {one.nearest}" if one.nearest else ""
    return show.clean(f"{one.reason or ''}{near}")


def effect(cell: tuple[str, str | None, str | None]) -> Text:
    """``numeric-001 KeyError → ok``."""
    name, before, after = cell
    return Text.assemble(f"{name} ", change(before, after))


def change(before: str | None, after: str | None) -> Text:
    """``KeyError → ok``, in colours; one word where nothing changed."""
    sides = [before or "new", after or "removed"]
    told = [Text(show.clean(side), style=_style(side)) for side in sides]
    return told[1] if sides[0] == sides[1] else Text(" → ").join(told)


def cells_table(run: Run) -> Table:
    """A line per code cell: first line, how it ended raw and patched, its error."""
    patched = {c.cell: c for c in run.patched.execution.cells} if run.patched else {}
    raw = {c.cell: c for c in run.raw.cells} if run.raw else {}
    rows = list(patched.values()) if run.patched else list(raw.values())
    rows += [cell for name, cell in raw.items() if run.patched and name not in patched]
    width = max((len(cell.cell) for cell in rows), default=4)
    free = max(show.out.width - width - (30 if run.patched else 24), 24)  # what others leave
    columns = ["cell", "first line", "raw", *(["patched"] if run.patched else []), "error"]
    table = show.table("", *columns, ("seconds", "right"))
    for last in rows:
        first = raw.get(last.cell)
        ended = [_status(first)]
        if run.patched:
            ended.append(_status(patched.get(last.cell)))
        table.add_row(
            last.cell,
            show.shorten(last.first_line, free * 2 // 5),
            *ended,
            show.shorten(_error(first if first and first.failed else last), free - free * 2 // 5),
            f"{last.seconds:.1f}",
        )
    return table


def lines(run: Run) -> Text:
    """Failures, fixes and the human share, on a few lines; nothing where nothing was patched."""
    text = Text()
    failed = [cell for cell in run.raw.cells if cell.failed] if run.raw else []
    if failed:
        roots = sum(cell.failure == "root" for cell in failed)
        text.append(f"\nFailures  {roots} root, {len(failed) - roots} cascade")
    if run.patched is None or not run.patched.verdicts:
        return text
    counts = [(v, sum(one.verdict is v for one in run.patched.verdicts)) for v in Verdict]
    text.append("\nFixes     " + ", ".join(f"{n} {v.value}" for v, n in counts if n))
    return text.append_text(Text(f"\nHuman     {share(run.patched.ledger)}"))


def checks(run: Run) -> Text:
    """A line per check: raw and patched, its figure, what it says."""
    text = Text()
    raw = {one.name: one for one in run.raw.checks} if run.raw else {}
    patched = {one.name: one for one in run.patched.execution.checks} if run.patched else {}
    for name, last in (patched or raw).items():
        ended = [one.status.value for one in (raw.get(name), patched.get(name)) if one]
        text.append(f"\nCheck     {show.clean(name)}: ")
        words = [Text(word, style=CHECK_STYLE.get(word, "")) for word in dict.fromkeys(ended)]
        text.append_text(Text(" → ").join(words))
        is_share = last.figure is not None and 0 < last.figure < 1
        figure = f"{last.figure:.3f}, " if is_share else ""
        text.append(f" ({figure}{show.clean(last.message)})")
    return text


def share(ledger: Ledger) -> str:
    """The share in words."""
    human = sum(t.added + t.changed for c, t in ledger.lines.items() if c != "enhancement")
    return (
        f"{human} of {ledger.patched_lines} code lines, {ledger.share:.1%} "
        f"({ledger.share_text:.1%} as they stand)"
    )


def _telling(one: FixVerdict) -> Iterable[tuple[str, str | None, str | None]]:
    for cell in one.cells:
        yield cell.cell, cell.before, cell.after


def _status(cell: CellResult | None) -> Text:
    return show.status(cell.status.value) if cell is not None else Text("")


def _style(side: str) -> str:
    return {"ok": "green", "new": "dim", "removed": "dim", CellStatus.NOT_RUN: "dim"}.get(
        side, "red"
    )


def _error(cell: CellResult) -> str:
    return ": ".join(filter(None, (cell.error, cell.message)))
