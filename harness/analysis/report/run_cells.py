"""The cells of a run, in all the forms that they took: raw, repaired, patched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.analysis import notebook_diff
from harness.analysis.notebook_diff import Numbered
from harness.analysis.report.outputs import Shown, cut
from harness.analysis.report.pages import paired
from harness.errors import HarnessError
from harness.fixes import attribution
from harness.notebooks import stored
from harness.notebooks.notebook import Notebook
from harness.records import (
    Cell,
    CellResult,
    DiffRow,
    Finding,
    FixVerdict,
    RepairAttempt,
    Run,
    Verdict,
)

MOST_LINES, LONGEST_LINE = 1_500, 2_000  # of a cell, and characters of one
MOST_CELLS = 400

Outputs = Mapping[str, Mapping[str, tuple[Shown, ...]]]
"""By form, then by the cell's id."""
Pairs = list[tuple[DiffRow | None, DiffRow | None]]


class Change(NamedTuple):
    """What a pass made of a cell: the text before beside the text behind."""

    before: str  # form
    after: str
    pairs: Pairs
    left: int  # lines that are not shown


class Ended(NamedTuple):
    """How a cell ended in one form, and what it showed there."""

    form: str
    result: CellResult | None
    outputs: tuple[Shown, ...]
    same_as: str  # the form before it that showed the same; empty where none did


class RunCell(NamedTuple):
    """A cell as its page shows it."""

    id: str
    kind: str
    step: str
    origin: str
    lines: tuple[str, ...]  # where no pass changed it
    left: int  # lines that are not shown
    changes: tuple[Change, ...]
    ended: tuple[Ended, ...]
    fixes: tuple[FixVerdict, ...]
    attempts: tuple[RepairAttempt, ...]
    findings: tuple[Finding, ...]

    @property
    def marked(self) -> dict[int, str]:
        """Lines with a finding, and the worst severity there."""
        order = ("note", "warning", "error")
        found: dict[int, str] = {}
        for one in self.findings:
            now = found.get(one.line, order[0])
            found[one.line] = max(now, str(one.severity), key=order.index)
        return found


def cells_of(run: Run, outputs: Outputs) -> tuple[list[RunCell], str]:
    """The cells in the order of the last notebook, and what could not be told of them."""
    problem = ""
    base = _base(run)
    try:
        patched = attribution.again(base, run.patched.changes if run.patched else ())
        rows = notebook_diff.of_patched(patched)
        stretches = list(notebook_diff.by_cell(rows))
    except (HarnessError, ValueError, IndexError) as error:
        problem = f"what fixes changed cannot be told ({error})"
        rows = notebook_diff.of_patched(attribution.begin(base))
        stretches = list(notebook_diff.by_cell(rows))
    rewritten = _rewritten(run, base)
    known = _Known(run, outputs, base, rewritten)
    made = [known.cell(left, right, rows) for left, right, rows in stretches[:MOST_CELLS]]
    shown = [one for one in made if one.origin != "prompt" or one.changes]
    if len(stretches) > MOST_CELLS:
        problem = f"{len(stretches) - MOST_CELLS:,} cells more are not shown"
    return shown, problem


class _Known:
    """What is known of a run's cells, by their ids."""

    def __init__(
        self, run: Run, outputs: Outputs, base: Notebook, rewritten: Mapping[str, Numbered]
    ) -> None:
        self._run, self._outputs, self._rewritten = run, outputs, rewritten
        self._base_form = "repaired" if rewritten else "raw"
        self._sources = base.sources
        self._results = {
            form: {cell.cell: cell for cell in done.cells} for form, done in run.executions.items()
        }
        if not run.is_rewritten:
            self._results.pop("repaired", None)
        self._fixes: dict[str, list[FixVerdict]] = {}
        for verdict in run.patched.verdicts if run.patched else ():
            if verdict.verdict is Verdict.APPLIED:
                touched = [one.cell for one in verdict.cells]
                touched += [one.cell for one in verdict.places]
                for name in dict.fromkeys(touched):
                    self._fixes.setdefault(name, []).append(verdict)
        self._attempts: dict[str, list[RepairAttempt]] = {}
        for attempt in run.repaired.attempts if run.repaired else ():
            self._attempts.setdefault(attempt.cell, []).append(attempt)
        self._findings: dict[str, list[Finding]] = {}
        for one in run.findings:
            self._findings.setdefault(one.cell, []).append(one)

    def cell(self, left: Cell | None, right: Cell | None, rows: Numbered) -> RunCell:
        """A cell from its rows between the base and the patched notebook."""
        head = right or left
        name = head.id if head else "lines"
        changes = []
        if left is not None and left.id in self._rewritten:
            changes.append(_change("raw", "repaired", self._rewritten[left.id]))
        if any(row.tag != " " for row, _ in rows):
            changes.append(_change(self._base_form, "patched", rows))
        whole = self._sources.get(left.id, "") if left is not None else ""
        lines = [] if changes else whole.split("\n")
        own = [left.id, name] if left is not None else [name]
        fixes = {one.fix: one for key in own for one in self._fixes.get(key, ())}
        written = {row.fix: None for row, _ in rows if row.fix}
        by_id = {one.fix: one for one in (self._run.patched.verdicts if self._run.patched else ())}
        fixes |= {fix: by_id[fix] for fix in written if fix in by_id}
        return RunCell(
            id=name,
            kind=head.kind if head else "code",
            step=head.step if head else "",
            origin=head.origin if head else "",
            lines=tuple(cut(line, LONGEST_LINE) for line in lines[:MOST_LINES]),
            left=max(0, len(lines) - MOST_LINES),
            changes=tuple(changes),
            ended=tuple(self._ended(left, name)),
            fixes=tuple(fixes.values()),
            attempts=tuple(self._attempts.get(name, ())),
            findings=tuple(self._findings.get(name, ())),
        )

    def _ended(self, left: Cell | None, name: str) -> Iterator[Ended]:
        before: dict[str, tuple[Shown, ...]] = {}
        for form, results in self._results.items():
            key = name if form == "patched" or left is None else left.id
            shown = self._outputs.get(form, {}).get(key, ())
            result = results.get(key)
            if result is None and not shown:
                continue
            same = next((other for other, of in before.items() if shown and of == shown), "")
            before[form] = shown
            yield Ended(form, result, shown, same)


def _base(run: Run) -> Notebook:
    """What the model wrote, also of a run that was not finished."""
    if run.raw is not None and run.is_rewritten:
        return stored.repaired(run)
    asked = len(run.prompts) - 1
    done = run.replies[: max(asked, 0)]
    return stored.of_replies(run.prompts[: len(done) + 1], done)


def _rewritten(run: Run, base: Notebook) -> dict[str, Numbered]:
    """The rows between the raw and the repaired notebook, of cells that differ."""
    if not run.is_rewritten:
        return {}
    found: dict[str, Numbered] = {}
    for left, right, rows in notebook_diff.by_cell(notebook_diff.of_two(stored.raw(run), base)):
        head = right or left
        if head is not None and any(row.tag != " " for row, _ in rows):
            found[head.id] = rows
    return found


def _change(before: str, after: str, numbered: Numbered) -> Change:
    body = [shown for row, shown in numbered if not is_header(row)]
    pairs = paired(_shortened(_trimmed(body)))
    return Change(before, after, pairs[:MOST_LINES], max(0, len(pairs) - MOST_LINES))


def is_header(row: notebook_diff.Row) -> bool:
    """Whether a row opens a cell."""
    return any(side is not None and side.head is not None for side in (row.left, row.right))


def _trimmed(rows: Sequence[DiffRow]) -> Sequence[DiffRow]:
    """Without the blank line that ends a cell's text."""
    return rows[:-1] if rows and not rows[-1].text and rows[-1].tag == " " else rows


def _shortened(rows: Iterable[DiffRow]) -> Iterator[DiffRow]:
    for row in rows:
        short = cut(row.text, LONGEST_LINE)
        yield row if short is row.text else row.model_copy(update={"text": short})
