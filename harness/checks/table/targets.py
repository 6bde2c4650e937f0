"""Whether the target of a prepared table is the table's own, row by row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from harness.checks.evidence import Evidence
from harness.records import Task

RELATIVE = 1e-4  # by how much a number may be off, of itself
ABSOLUTE = 1e-6  # or of the spread of all
NAMED = 5  # numbers in a message


def problem(evidence: Evidence, labels: Sequence[str], made: Sequence[float]) -> str:
    """What is wrong with the target's values, in a sentence; empty where they are right.

    Where there are other rows than labels, only which values there are is looked at.
    """
    if evidence.task is Task.REGRESSION:
        return _of_numbers(evidence, labels, made)
    if evidence.task is Task.BINARY:
        return _of_two(evidence, labels, made)
    return _of_classes(evidence, labels, made)


def description(evidence: Evidence, labels: Sequence[str], *, is_paired: bool) -> str:
    """What a right target is, in a sentence."""
    target = repr(evidence.target)
    rows = "" if is_paired else " (not compared row by row, as the rows are others)"
    if evidence.task is Task.REGRESSION:
        return f"{target} holds the table's numbers{rows}"
    if evidence.task is Task.BINARY:
        return f"{target} is 1 where the table has {evidence.positive!r}, and 0 elsewhere{rows}"
    return f"{target} has a number from 0 to {len(set(labels)) - 1} for each class{rows}"


def _of_two(evidence: Evidence, labels: Sequence[str], made: Sequence[float]) -> str:
    target = repr(evidence.target)
    levels = set(made)
    if not levels <= {0.0, 1.0}:
        return f"{target} should be 0 and 1, and holds {_listed(levels)}"
    if len(levels) < 2 <= len(set(labels)):
        return f"{target} should be 0 and 1, and is {_listed(levels)} in all rows"
    if len(made) != len(labels):
        return ""
    return _row_by_row(evidence, [one == evidence.ordered_classes[-1] for one in labels], made)


def _row_by_row(evidence: Evidence, truth: Sequence[bool], made: Sequence[float]) -> str:
    target, positive = repr(evidence.target), repr(evidence.positive)
    wrong = sum((one == 1) != is_it for one, is_it in zip(made, truth, strict=True))
    if not wrong:
        return ""
    if wrong == len(made):
        return f"{target} is 0 where the table has {positive}, and should be 1 there"
    if sum(made) == sum(truth):
        return (
            f"{target} is 1 in as many rows as the table has {positive}, but {wrong:,} rows differ:"
            " are they in another order?"
        )
    return (
        f"{target} should be 1 exactly in the {sum(truth):,} rows that have {positive};"
        f" {wrong:,} of {len(made):,} rows differ"
    )


def _of_classes(evidence: Evidence, labels: Sequence[str], made: Sequence[float]) -> str:
    target, count = repr(evidence.target), len(set(labels))
    levels = set(made)
    if levels != set(range(count)):
        return (
            f"{target} should have the numbers 0 to {count - 1} for its {count} classes, and holds"
            f" {_listed(levels)}"
        )
    if len(made) != len(labels):
        return ""
    pairs = Counter(zip(labels, made, strict=True))
    if len(pairs) == count:
        return ""
    usual: dict[str, float] = {}
    for (label, number), _ in pairs.most_common():
        usual.setdefault(label, number)
    wrong = sum(rows for (label, number), rows in pairs.items() if usual[label] != number)
    if not wrong or len(set(usual.values())) < count:
        return f"{target} has the same number for several classes, or several for one"
    return (
        f"{target} should have one number for each class; in {wrong:,} of {len(made):,} rows it is"
        " another than the usual one of the class"
    )


def _of_numbers(evidence: Evidence, labels: Sequence[str], made: Sequence[float]) -> str:
    target = repr(evidence.target)
    truth = list(map(float, labels))
    if not truth or not made:
        return f"{target} has no values"
    if len(made) != len(truth):
        low, high = min(truth), max(truth)
        spread = RELATIVE * max(high - low, abs(low), abs(high))
        if min(made) < low - spread or max(made) > high + spread:
            return f"{target} lies outside of {low:g} to {high:g}, where the table has it"
        return ""
    close = ABSOLUTE * (max(truth) - min(truth))
    pairs = list(zip(truth, made, strict=True))
    wrong = [
        at
        for at, (a, b) in enumerate(pairs)
        if not math.isclose(a, b, rel_tol=RELATIVE, abs_tol=close)
    ]
    if not wrong:
        return ""
    first = wrong[0]
    order = ""
    if math.isclose(math.fsum(truth), math.fsum(made), rel_tol=RELATIVE):
        order = "; are the rows in another order?"
    return (
        f"{target} should hold the table's own numbers, and {len(wrong):,} of {len(made):,} are"
        f" others: row {first + 1} has {made[first]:g} instead of {truth[first]:g}{order}"
    )


def _listed(levels: set[float]) -> str:
    shown = ", ".join(f"{one:g}" for one in sorted(levels)[:NAMED])
    return f"{shown}, …" if len(levels) > NAMED else shown or "nothing"
