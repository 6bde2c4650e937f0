"""Predictions of held-out rows judged: as so many finite numbers, and then by their figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import Field

from harness.checks import figures, metrics
from harness.checks.answers import one_line
from harness.checks.evidence import Evidence, passed, unjudged
from harness.checks.figures import LEADING, Held, name_of
from harness.checks.labels import Unreadable
from harness.checks.metrics import Predictions
from harness.checks.uncertainty import least_of_class
from harness.records import CheckOptions, CheckResult, Task

LEAST_ROWS = 20  # held out, for a figure to mean anything
LEAST_OF_CLASS = 5
SUM_IS_ONE = 0.01  # by how much probabilities of a row may miss it


class PredictionOptions(CheckOptions):
    """Options of a check that judges predictions of held-out rows."""

    needs_reference: ClassVar[bool] = True

    least_skill: float = Field(0.9, ge=0, le=1)  # share of the reference's, on the same rows


def leading_name(evidence: Evidence) -> str:
    """The name of the first result of ``judge_predictions``."""
    of_task = LEADING[evidence.task]
    return name_of(of_task[0]) if of_task else "held-out predictions"


def judge_predictions(
    options: PredictionOptions,
    made: Predictions,
    evidence: Evidence,
    chosen: Sequence[int] | None = None,
) -> Iterator[CheckResult]:
    """A result for the leading figures of the task, and for those that the dataset asks for.

    ``made`` has a row for each held-out row that has a target, or for those of them whose numbers
    are ``chosen``: the probabilities of ``evidence.ordered_classes``, or a number of a regression.
    What cannot be judged is a result that says why.
    """
    name = leading_name(evidence)
    try:
        labels = evidence.held_labels()
        if chosen is not None:
            labels = [labels[number] for number in chosen]
        problem = _too_few(evidence, labels)
        seen = [] if problem else evidence.visible_labels()
    except Unreadable as error:
        yield unjudged(name, one_line(str(error)))
        return
    wrong = _misfit(evidence, labels, made) if labels else ""
    if wrong:
        yield passed(name, wrong, None, holds=False)
    elif problem or not seen:
        yield unjudged(name, problem or f"no visible {evidence.dataset.plural} have a target")
    else:
        yield from _judged(options, Held.of(evidence, labels, made, seen))


def _judged(options: PredictionOptions, held: Held) -> Iterator[CheckResult]:
    task = held.evidence.task
    asked = [one for one in held.evidence.dataset.thresholds if one in metrics.OF_TASK[task]]
    wanted = list(dict.fromkeys((*LEADING[task], *asked)))
    others = [one for one in metrics.OF_TASK[task] if one not in wanted]
    for metric in wanted:
        told = others if metric == wanted[0] else []
        yield figures.judge(metric, options.least_skill, held, told)


def _too_few(evidence: Evidence, labels: Sequence[str]) -> str:
    """Why no figure of these rows means anything; empty where one may."""
    things = evidence.dataset.plural
    why = ""
    if evidence.target is None:
        why = "the dataset has no target, so there is nothing to predict"
    elif not labels:
        why = f"no {things} are held out, so there is nothing to judge predictions by"
    elif len(labels) < LEAST_ROWS:
        why = f"only {len(labels):,} {things} are held out, too few for a figure to mean anything"
    elif evidence.task.has_classes and len(set(labels)) < 2:
        why = f"all {len(labels):,} held-out {things} have one class, so there is no ROC AUC"
    elif evidence.task is Task.BINARY:
        classes = evidence.ordered_classes
        least = least_of_class(evidence.task, classes, labels)
        if least < LEAST_OF_CLASS:
            rare = classes[-1] if 2 * labels.count(classes[-1]) <= len(labels) else classes[0]
            why = f"of {len(labels):,} held-out {things} only {least} have the class {rare!r}"
            why += ", too few for a figure to mean anything"
    return one_line(why)


def _misfit(evidence: Evidence, labels: Sequence[str], made: Predictions) -> str:
    """Why these are no predictions of the held-out rows; empty where they are."""
    things = evidence.dataset.plural
    what = "probabilities" if evidence.task.has_classes else "predictions"
    if len(made) != len(labels):
        return f"{len(made):,} {what} for {len(labels):,} held-out {things}"
    width = {Task.BINARY: 2, Task.MULTICLASS: len(evidence.classes)}.get(evidence.task, 1)
    odd = sum(len(row) != width or not all(map(math.isfinite, row)) for row in made)
    if odd:
        each = f"{width} finite numbers" if width > 1 else "a finite number"
        return f"for {odd:,} of {len(made):,} held-out {things} there is no prediction of {each}"
    if evidence.task.has_classes:
        odd = sum(any(not 0 <= one <= 1 for one in row) for row in made)
        if odd:
            return f"probabilities of {odd:,} of {len(made):,} {things} are not between 0 and 1"
        odd = sum(abs(math.fsum(row) - 1) > SUM_IS_ONE for row in made)
        if odd:
            return f"probabilities of {odd:,} of {len(made):,} {things} do not add up to 1"
    return ""
