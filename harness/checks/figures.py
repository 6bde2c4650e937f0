"""What a figure of held-out rows is worth: beside the reference's on the same, or one asked for.

A figure is too low only where the few rows that are held out cannot be the reason. Where they can,
or where nothing shows how good a figure could be, the verdict is that there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.checks import metrics
from harness.checks.answers import one_line
from harness.checks.evidence import Evidence, unjudged
from harness.checks.labels import Unreadable
from harness.checks.metrics import Predictions
from harness.checks.uncertainty import standard_error
from harness.records import CheckResult, CheckStatus, Task

LEADING = {
    Task.BINARY: (metrics.ROC_AUC,),
    Task.MULTICLASS: (metrics.ROC_AUC, metrics.LOG_LOSS),
    Task.REGRESSION: (metrics.R2,),
    Task.EXPLORE: (),
}
"""What is judged where a dataset asks for nothing else."""

ERRORS = 2  # standard errors that are left to chance
TOO_UNSURE = 0.5  # of the skill that is asked for; chance may be no more of it
TOO_GOOD = 1 / 3  # of what the reference lacks to be perfect; who lacks less is far better
IN_UNITS = (metrics.MAE, metrics.RMSE)


class Held(NamedTuple):
    """The held-out rows, what was predicted of them, and what can be known of its figures."""

    evidence: Evidence
    labels: Sequence[str]
    made: Predictions
    blind: Predictions  # of an answer that looks at no feature
    figures: Mapping[str, float]
    baseline: Mapping[str, float]  # the figures of ``blind``

    @classmethod
    def of(
        cls, evidence: Evidence, labels: Sequence[str], made: Predictions, seen: Sequence[str]
    ) -> Held:
        """``seen`` are the labels of visible rows."""
        of_task = (evidence.task, evidence.ordered_classes)
        blind = [metrics.blind_answer(*of_task, seen)] * len(labels)
        found = (metrics.figures(*of_task, labels, one) for one in (made, blind))
        return cls(evidence, labels, made, blind, *found)

    @property
    def rows(self) -> str:
        """How many there are, in words."""
        return f"{len(self.labels):,} held-out {self.evidence.dataset.plural}"

    def reference(self, metric: str) -> float | None:
        """What the reference has."""
        known = self.evidence.reference
        return known.figures.get(metric) if known else None

    def nothing(self, metric: str) -> float:
        """The figure of no skill."""
        return {metrics.ROC_AUC: 0.5, metrics.R2: 0.0}.get(metric, self.baseline[metric])

    def at_skill(self, metric: str, skill: float) -> float:
        """The figure that has this skill."""
        return self.nothing(metric) + (skill if metric in metrics.HIGHER_IS_BETTER else -skill)

    def chance(self, metric: str, at: float) -> float:
        """How far chance may take a figure; an AUC whose true value is ``at``."""
        return self._chance(metric, self.made, at)

    def blind_chance(self, metric: str) -> float:
        """The same for an answer that looks at no feature."""
        return self._chance(metric, self.blind, 0.5)

    def _chance(self, metric: str, made: Predictions, at: float) -> float:
        of_task = (self.evidence.task, self.evidence.ordered_classes)
        return ERRORS * standard_error(metric, *of_task, self.labels, made, at)


def name_of(metric: str) -> str:
    """What the result of a figure is called, such as ``held-out ROC AUC``."""
    return f"held-out {metrics.NAMES[metric]}"


def judge(metric: str, share: float, held: Held, others: Sequence[str]) -> CheckResult:
    """One figure; ``share`` of the reference's skill is asked for. ``others`` are only told."""
    figure = held.figures.get(metric)
    if figure is None:
        return unjudged(name_of(metric), f"it is not defined for {held.rows}")
    asked = held.evidence.dataset.thresholds.get(metric)
    if asked is not None:
        status, why = _against(metric, figure, asked, held)
    elif held.reference(metric) is not None:
        status, why = _beside_reference(metric, figure, share, held)
    else:
        status, why = _beside_nothing(metric, figure, held)
    if status is CheckStatus.PASSED:
        status, more = _too_good(metric, figure, held)
        why = more if status is CheckStatus.SUSPECT else why + more
    told = (
        f"{metrics.NAMES[one]} {_with_unit(one, held.figures[one], held.evidence)}"
        for one in others
        if one in held.figures
    )
    said = f"{_with_unit(metric, figure, held.evidence)} on {held.rows}{why}"
    message = one_line("; ".join(filter(None, (said, ", ".join(told)))))
    return CheckResult(name=name_of(metric), status=status, figure=figure, message=message)


def _against(metric: str, figure: float, asked: float, held: Held) -> tuple[CheckStatus, str]:
    """A figure against one that the dataset asks for, as it stands."""
    higher = metric in metrics.HIGHER_IS_BETTER
    shown = float(f"{figure:.6g}") if metric in IN_UNITS else round(figure, 4)
    wanted = f"{'at least' if higher else 'at most'} {asked:g} is asked for"
    reference = held.reference(metric)
    beside = f"; the reference has {_shown(metric, reference)}" if reference is not None else ""
    if shown >= asked if higher else shown <= asked:
        return CheckStatus.PASSED, f"; {wanted}{beside}"
    return CheckStatus.FAILED, f"{_too_bad(metric)}: {wanted}{beside}"


def _beside_reference(
    metric: str, figure: float, share: float, held: Held
) -> tuple[CheckStatus, str]:
    """A figure against the share of the reference's skill that is asked for."""
    reference = held.reference(metric) or 0.0
    base = held.baseline[metric] if metric in held.baseline else held.nothing(metric)
    skill = metrics.skill(metric, figure, base)
    possible = metrics.skill(metric, reference, base)
    least = share * possible
    asked = held.at_skill(metric, least)
    chance, blind = held.chance(metric, asked), held.blind_chance(metric)
    if possible <= blind and abs(skill) <= blind:
        return CheckStatus.UNJUDGED, (
            f"; the reference has {_shown(metric, reference)}, hardly better than an answer that"
            f" looks at no feature ({_shown(metric, held.nothing(metric))}), so there is nothing to"
            " measure this figure by"
        )
    wanted = _wanted(metric, asked, share, held)
    if skill + chance < least:
        return CheckStatus.FAILED, f"{_too_bad(metric)}: {wanted}"
    if least <= blind and skill <= blind:
        few = "so few rows are held out that an answer that looks at no feature might reach it"
        return CheckStatus.UNJUDGED, f"; {wanted}, but {few}"
    if skill >= least:
        return CheckStatus.PASSED, f"; {wanted}"
    off = f"of so few rows (±{_shown(metric, chance)})"
    if chance > TOO_UNSURE * least:
        return CheckStatus.UNJUDGED, f"; {wanted}, and the error {off} is too large to tell"
    return CheckStatus.PASSED, f"; {wanted}, and what is missing is within the error {off}"


def _wanted(metric: str, asked: float, share: float, held: Held) -> str:
    bound = "at least" if metric in metrics.HIGHER_IS_BETTER else "at most"
    reference = held.evidence.reference
    has = _shown(metric, held.reference(metric) or 0.0)
    note = f" ({reference.note})" if reference and reference.note else ""
    return (
        f"{bound} {_shown(metric, asked)} is asked for, {share:g} of the skill of the reference,"
        f" which has {has}{note}"
    )


def _beside_nothing(metric: str, figure: float, held: Held) -> tuple[CheckStatus, str]:
    """There is no reference: a figure can only be worse than an answer that looks at nothing."""
    nothing = held.nothing(metric)
    skill = metrics.skill(metric, figure, nothing)
    blind = f"an answer that looks at no feature has {_shown(metric, nothing)}"
    if skill + held.chance(metric, 0.5) < 0:
        return CheckStatus.FAILED, f" is worse than nothing: {blind}"
    why = held.evidence.reference_problem or "none was made"
    return CheckStatus.UNJUDGED, (
        f"; {blind}, and how good it could be is not known, as there is no reference to compare it"
        f" with ({why})"
    )


def _too_good(metric: str, figure: float, held: Held) -> tuple[CheckStatus, str]:
    """Whether a leak explains a figure that is far better than the reference's.

    To be far better alone is no fault: a model may know more than the reference. It is suspect
    where one raw column by itself tells what the reference does not know.
    """
    reference = held.reference(metric)
    if metric != LEADING[held.evidence.task][0] or reference is None:
        return CheckStatus.PASSED, ""
    far = 1 - TOO_GOOD * (1 - reference)
    if figure <= far or figure - reference <= held.chance(metric, reference):
        return CheckStatus.PASSED, ""
    try:
        alone = held.evidence.strongest()
    except Unreadable:
        alone = None
    shown = f"far better than the reference, which has {_shown(metric, reference)}"
    if alone is None or alone.figure <= far:
        return CheckStatus.PASSED, f"; that is {shown}"
    return CheckStatus.SUSPECT, (
        f" is {shown}: the target may have leaked into the features, as the column"
        f" {alone.column!r} alone reaches {_shown(metric, alone.figure)}"
    )


def _too_bad(metric: str) -> str:
    return f" is too {'low' if metric in metrics.HIGHER_IS_BETTER else 'high'}"


def _shown(metric: str, figure: float) -> str:
    if metric in IN_UNITS:
        return f"{figure:,.4g}" if abs(figure) < 1000 else f"{figure:,.0f}"
    return f"{figure:.4f}"


def _with_unit(metric: str, figure: float, evidence: Evidence) -> str:
    unit = evidence.dataset.units.get(evidence.target or "", "") if metric in IN_UNITS else ""
    return f"{_shown(metric, figure)} {unit}".rstrip()
