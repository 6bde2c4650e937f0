"""What the report tells of a run among others: read once, and kept in an index of its own."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from pydantic import Field

from harness.analysis.conditions import Condition, Weights
from harness.analysis.ladder import Sample, sample_of
from harness.analysis.ladder.samples import left_by_model
from harness.fixes.ledger import written
from harness.records import (
    Cause,
    CellResult,
    CellStatus,
    Help,
    Record,
    Run,
    RunKey,
    RunSummary,
    Verdict,
)
from harness.runs import store
from harness.runs.index import Kept
from harness.runs.store import FileStore

MOST_TEXT = 200  # characters of a message or a reason
MOST_CELLS = 200  # of a strip
BY_MODEL, BY_NOBODY = "the model itself", "nobody"
MARKS = {CellStatus.OK: "o", CellStatus.NOT_RUN: "n", CellStatus.TIMEOUT: "t"}
KILLED, ROOT, CASCADE = "k", "r", "c"


class Failed(Record):
    """A cell of the raw notebook that failed, and what mended it."""

    cell: str
    step: str
    error: str
    message: str = ""
    is_root: bool
    mended: str  # the cause of the fix that touched it, the model itself, or nobody


class Fate(Record):
    """What became of a fix in the run."""

    fix: str
    cause: Cause
    verdict: Verdict
    description: str
    author: str
    reason: str = ""
    cells: tuple[str, ...] = ()


class Facts(Record):
    """A run as one of many."""

    line: RunSummary
    sha256: str  # of the record
    context_sha256: str | None
    help: Help
    sample: Sample | None  # None: it has no executed notebook
    steps: tuple[tuple[str, int], ...] = ()  # of the raw notebook, and how many cells each has
    strips: dict[str, str] = Field(default_factory=dict)  # form -> a mark for each cell
    failures: tuple[Failed, ...] = ()
    wanting: tuple[tuple[str, str], ...] = ()  # checks that do not hold, and their statuses
    fates: tuple[Fate, ...] = ()
    causes: dict[Cause, int] = Field(default_factory=dict)  # code lines that humans wrote
    findings: dict[str, int] | None = None  # by kind; None: the record does not tell

    @property
    def weights(self) -> Weights:
        """What wrote it."""
        return Weights(self.line.model, self.line.model_sha256)

    @property
    def work(self) -> Condition:
        """What it is a sample of."""
        return Condition(
            stage=self.line.stage,
            context=self.line.context,
            context_sha256=self.context_sha256,
            help=self.line.help,
            dataset=self.line.dataset,
            dataset_sha256=self.line.dataset_sha256,
            synthetic=self.line.synthetic,
            stage_sha256=self.line.stage_sha256,
        )

    @property
    def key(self) -> RunKey:
        """Where it is stored, which no record can say otherwise."""
        model, stage, run_id = self.line.path.parts[-3:]
        return RunKey(model=model, stage=stage, run_id=run_id)

    @property
    def page(self) -> str:
        """Where its page is in the report; the same for ever."""
        return f"runs/{'/'.join(self.line.path.parts[-3:])}.html"


KEPT = Kept(".report.sqlite", 1, Facts)


def every(found: FileStore) -> list[Facts]:
    """All runs, newest first; only records that are new or changed are opened."""

    facts = found.every(KEPT, lambda key, run, blob: of_run(key, run, blob, found))
    return sorted(facts, key=lambda one: (one.line.updated, one.line.run_id), reverse=True)


def of_run(key: RunKey, run: Run, blob: bytes, found: FileStore) -> Facts:
    """The facts of a record, and of the bytes that it was read from."""
    left = left_by_model(run)
    book = run.patched.ledger if run.patched else None
    return Facts(
        line=store.summary(key, run, found.root),
        sha256=hashlib.sha256(blob).hexdigest(),
        context_sha256=run.context_sha256,
        help=run.help,
        sample=None if left is None else sample_of(run, ""),
        steps=tuple(Counter(cell.step for cell in run.raw.cells[:MOST_CELLS]).items())
        if run.raw
        else (),
        strips={
            form: "".join(map(_mark, done.cells[:MOST_CELLS]))
            for form, done in run.executions.items()
        },
        failures=tuple(_failures(run)),
        wanting=tuple(
            (_short(one.name), one.status.value)
            for one in (left.checks if left else ())
            if not one.status.holds
        ),
        fates=tuple(_fates(run)),
        causes={
            cause: lines
            for cause in (book.lines if book else ())
            if book and (lines := written(book.lines, {cause}))
        },
        findings=None
        if run.findings_version is None
        else dict(Counter(str(one.kind) for one in run.findings)),
    )


def _failures(run: Run) -> Iterator[Failed]:
    touched: dict[str, str] = {}
    for one in run.patched.verdicts if run.patched else ():
        if one.verdict is Verdict.APPLIED and one.cause is not Cause.ENHANCEMENT:
            for effect in one.cells:
                touched.setdefault(effect.cell, one.cause.value)
    rewritten = run.repaired.execution.cells if run.repaired and run.is_rewritten else ()
    well = {cell.cell for cell in rewritten if cell.status is CellStatus.OK}
    for cell in run.raw.cells if run.raw else ():
        if cell.failed:
            by = BY_MODEL if cell.cell in well else touched.get(cell.cell, BY_NOBODY)
            yield Failed(
                cell=cell.cell,
                step=cell.step,
                error=_short(cell.verdict),
                message=_short(cell.message or cell.reason or ""),
                is_root=cell.failure != "cascade",
                mended=by,
            )


def _fates(run: Run) -> Iterator[Fate]:
    for one in run.patched.verdicts if run.patched else ():
        yield Fate(
            fix=one.fix,
            cause=one.cause,
            verdict=one.verdict,
            description=_short(one.description.partition("\n")[0]),
            author=_short(one.author),
            reason=_short(one.reason or ""),
            cells=tuple(effect.cell for effect in one.cells[:MOST_CELLS]),
        )


def _mark(cell: CellResult) -> str:
    if cell.status in MARKS:
        return MARKS[cell.status]
    if cell.status is CellStatus.KILLED:
        return KILLED
    return CASCADE if cell.failure == "cascade" else ROOT


def _short(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"
