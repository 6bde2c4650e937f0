"""Predictions of held-out rows, by whichever way leads from raw rows to the model's features.

The ways are tried in order: the reference's own features, where the prepared table is its own;
each feature as a function of one raw column; and the notebook's preparation, run on the visible
rows with the held-out ones behind them. Where none leads there, the verdict is that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from harness.checks.answers import Answer, Ask, FiniteNumbers, Refused, one_line
from harness.checks.evidence import Evidence, passed, unjudged
from harness.checks.judging import PredictionOptions, judge_predictions, leading_name
from harness.records import CheckResult

MOST_NUMBERS = 100_000  # of one answer
REFERENCE, ONE_COLUMN, PREPARATION = "reference", "one column", "preparation"


class Predicted(Answer):
    """How many rows of how many numbers there are, or why there are none.

    ``error`` is the model's own fault; ``unknown`` says why its features cannot be made.
    """

    error: str | None
    unknown: str | None
    rows: int = Field(ge=0)
    width: int = Field(ge=0, le=10_000)


class Some(Answer):
    """Numbers of some rows, one row after another, in the order of the held-out rows."""

    numbers: FiniteNumbers


def judge(options: PredictionOptions, ask: Ask, evidence: Evidence) -> Iterator[CheckResult]:
    """The figures of held-out rows. Raises Refused."""
    name = leading_name(evidence)
    way = ONE_COLUMN if evidence.reference_held is None else REFERENCE
    found = ask({"ask": "predict", "way": way}, Predicted)
    why = found.unknown
    if way == ONE_COLUMN and why is not None:
        found = _prepared(ask)
        why = found.unknown and f"{why}; {found.unknown}"
    if why is not None:
        yield unjudged(name, one_line(why))
    elif found.error is not None:
        yield passed(name, one_line(found.error), None, holds=False)
    else:
        yield from judge_predictions(options, list(_numbers(ask, found)), evidence)


def _prepared(ask: Ask) -> Predicted:
    """By the preparation; what comes of it may also be that it ends the program."""
    try:
        return ask({"ask": "predict", "way": PREPARATION}, Predicted)
    except Refused as refused:
        why = f"and its preparation, run with more rows, gave no answer: {refused}"
        return Predicted(error=None, unknown=why, rows=0, width=0)


def _numbers(ask: Ask, found: Predicted) -> Iterator[tuple[float, ...]]:
    """Raises Refused where an answer holds others than were told."""
    width = max(1, found.width)
    at_once = max(1, MOST_NUMBERS // width)
    for first in range(0, found.rows, at_once):
        count = min(at_once, found.rows - first)
        numbers = ask({"ask": "some", "first": first, "count": count}, Some).numbers
        if len(numbers) != count * width:
            raise Refused(f"{len(numbers):,} numbers for {count:,} rows of {width}")
        yield from (numbers[at : at + width] for at in range(0, len(numbers), width))
