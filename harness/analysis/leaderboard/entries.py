"""A run as a line that can be shared: what it was of, and what it came to; no text of a model.

Lines come from other machines, so every field is bounded, and what cannot be is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from harness.analysis import findings
from harness.analysis.conditions import Condition, Weights
from harness.analysis.ladder import sample_of
from harness.records import FindingKind, Name, Outcome, Record, Run, Sha256

FORMAT: Literal["harness-results"] = "harness-results"
VERSION = 1

MOST = 10**12
Count = Annotated[int, Field(ge=0, le=MOST)]
Seconds = Annotated[float, Field(ge=0, le=MOST)]
Words = Annotated[str, StringConstraints(pattern=r"^[a-z0-9, ]{0,100}$")]
Time = Annotated[str, StringConstraints(pattern=r"^[0-9T:+.Z-]{0,40}$")]


class Entry(Record):
    """One executed run. Cells and checks are of the notebook as the model left it."""

    run_id: Name
    updated: Time  # ISO 8601, UTC
    harness_version: Annotated[str, StringConstraints(max_length=50)]
    model: Name
    model_sha256: Sha256
    stage: Name
    stage_sha256: Sha256
    dataset: Name
    dataset_sha256: Sha256
    synthetic: bool
    context: Name
    context_sha256: Sha256 | None = None
    help: Words = ""
    seed: Annotated[int, Field(ge=-MOST, le=MOST)]
    outcome: Outcome
    passed: bool  # all cells ran and all checks held, without a human
    cells: Count
    cells_ok: Count
    checks: Count
    checks_held: Count
    lines: Count | None = None  # of code in the patched notebook; None: it was not patched
    human_lines: Count | None = None
    findings: dict[FindingKind, Count] | None = None  # of the raw notebook; None: nobody looked
    raw_cells: Count  # in which these are
    tokens: Count
    seconds: Seconds  # of writing and running

    @model_validator(mode="after")
    def _parts_are_no_more_than_wholes(self) -> Entry:
        pairs = (
            (self.cells_ok, self.cells),
            (self.checks_held, self.checks),
            (self.human_lines or 0, self.lines or 0),
        )
        if any(part > whole for part, whole in pairs):
            raise ValueError("a part is more than its whole")
        return self

    @property
    def weights(self) -> Weights:
        """What wrote it."""
        return Weights(self.model, self.model_sha256)

    @property
    def work(self) -> Condition:
        """The work that it is of."""
        return Condition(**{name: getattr(self, name) for name in Condition.model_fields})


class Results(Record):
    """A result file. ``boards`` are for readers; who merges takes ``results`` alone."""

    format: Literal["harness-results"]
    version: Literal[1]
    results: tuple[Entry, ...] = Field(max_length=1_000_000)
    boards: tuple[dict[str, object], ...] = ()


def entry(run: Run) -> Entry:
    """The line of a run. Raises ValueError where it has no executed notebook."""
    made = sample_of(run, "")
    counted = findings.counts(run.findings) if run.findings_version is not None else None
    return Entry(
        run_id=run.run_id,
        updated=run.updated or run.created,
        harness_version=run.harness_version,
        model=run.model.name,
        model_sha256=run.model.sha256,
        stage=run.stage,
        stage_sha256=run.stage_sha256,
        dataset=run.dataset,
        dataset_sha256=run.dataset_sha256,
        synthetic=run.synthetic,
        context=run.context,
        context_sha256=run.context_sha256,
        help=run.help.label,
        seed=run.seed,
        outcome=run.outcome,
        passed=made.passed,
        cells=made.cells,
        cells_ok=made.cells_ok,
        checks=made.checks,
        checks_held=made.checks_held,
        lines=made.lines,
        human_lines=None if made.human_lines is None else min(made.human_lines, made.lines or 0),
        findings=counted,
        raw_cells=len(run.raw.cells) if run.raw else 0,
        tokens=made.tokens,
        seconds=round(made.writing + made.executing, 1),
    )
