"""Findings of stored runs: of one of them, and added up by model and by the work that they did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from harness.analysis import conditions
from harness.analysis.conditions import Condition, Weights
from harness.fixes.ledger import ratio
from harness.records import Finding, FindingKind, Record, Run
from harness.runs import forms

DIGITS = 4

Counts = dict[FindingKind, int]


class Rates(Record):
    """How many findings of each kind, and the mean of a code cell; that is empty of no cell."""

    counts: Counts
    per_cell: dict[FindingKind, float]

    @property
    def every(self) -> float | None:
        """The mean of a cell over all kinds; None of no cell."""
        return sum(self.per_cell.values()) if self.per_cell else None


class RunFindings(Record):
    """The findings in one notebook of a run."""

    run_id: str
    model: str
    stage: str
    context: str
    help: str
    dataset: str
    seed: int
    form: str  # of the notebook
    cells: int  # of code
    counts: Counts
    findings: tuple[Finding, ...]


class FindingTotal(Condition):
    """The findings of all runs of one model on the same work."""

    model: str
    model_sha256: str
    form: str  # of the notebooks
    runs: int
    cells: int  # of code
    counts: Counts
    per_cell: dict[FindingKind, float]  # mean

    @property
    def weights(self) -> Weights:
        """What wrote its runs."""
        return Weights(self.model, self.model_sha256)


def of_run(run: Run, form: str, found: Sequence[Finding]) -> RunFindings:
    """What ``found`` says of a run. Raises HarnessError where it has no notebook of this form."""
    return RunFindings(
        run_id=run.run_id,
        model=run.model.name,
        stage=run.stage,
        context=run.context,
        help=run.help.label,
        dataset=run.dataset,
        seed=run.seed,
        form=form,
        cells=len(forms.executed(run, form).execution.cells),
        counts=counts(found),
        findings=tuple(found),
    )


def totals(runs: Iterable[tuple[Run, RunFindings]]) -> list[FindingTotal]:
    """A line per model and work, by model."""
    groups: dict[tuple[Weights, Condition], list[RunFindings]] = {}
    for run, found in runs:
        key = conditions.weights_of(run), conditions.of_run(run)
        groups.setdefault(key, []).append(found)
    return [
        _total(*key, groups[key])
        for key in sorted(groups, key=lambda key: (key[0], key[1].sorted_by()))
    ]


def counts(found: Iterable[Finding], kinds: Collection[FindingKind] = tuple(FindingKind)) -> Counts:
    """How many there are of each kind, of every kind."""
    every = Counter(one.kind for one in found)
    return {kind: every[kind] for kind in kinds}


def per_cell(counted: Mapping[FindingKind, int], cells: int) -> dict[FindingKind, float]:
    """The mean of a code cell; 0 where there is none."""
    return {kind: round(ratio(number, cells), DIGITS) for kind, number in counted.items()}


def rates(runs: Iterable[Run]) -> Rates:
    """Those of the raw notebooks of runs that were looked at."""
    looked = [run for run in runs if run.raw is not None and run.findings_version is not None]
    cells = sum(len(run.raw.cells) for run in looked if run.raw)
    counted = counts(finding for run in looked for finding in run.findings)
    return Rates(counts=counted, per_cell=per_cell(counted, cells) if cells else {})


def row(found: Rates) -> dict[str, float | str]:
    """Flat, for CSV: ``columns_per_cell`` and so on; empty where nobody looked."""
    return {f"{kind.value}_per_cell": found.per_cell.get(kind, "") for kind in FindingKind}


def _total(weights: Weights, work: Condition, found: Sequence[RunFindings]) -> FindingTotal:
    cells = sum(one.cells for one in found)
    counted = counts(finding for one in found for finding in one.findings)
    return FindingTotal(
        model=weights.name,
        model_sha256=weights.sha256,
        **dict(work),
        form=found[0].form,
        runs=len(found),
        cells=cells,
        counts=counted,
        per_cell=per_cell(counted, cells),
    )
