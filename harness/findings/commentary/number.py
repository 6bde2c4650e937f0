"""Numbers that the text states, and that an output or the code of the step contradicts."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.commentary import claims, known, quantities, settings
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "contradicted-number"


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """A number is contradicted where the quantity has values there, and none of them is it."""
    output = known.shown(step, subject)
    for remark in step.remarks:
        said, claimed = claims.said(remark), claims.claims(remark)
        for one in quantities.stated(said) if output else ():
            if one.start > len(claimed):  # behind a denial; "no" itself is a number
                continue
            values = quantities.shown(one.quantity, output)
            if values and not any(one.agrees(value, percent=is_) for value, is_ in values):
                there = ", ".join(f"{value:g}{'%' * is_}" for value, is_ in values[:5])
                at = claims.Mention(one.shown, one.start, one.end)
                message = f"The text says {one.shown}, and the output of the step says {there}."
                yield claims.finding(RULE, remark, at, message)
        for one, names in settings.in_text(claimed):
            given = settings.in_code(one, names, step)
            if given and not any(one.is_just(value) for value in given):
                there = ", ".join(f"{value:g}" for value in given[:5])
                at = claims.Mention(one.shown, one.start, one.end)
                message = f"The text says {one.shown}, and the code sets {names[0]} to {there}."
                yield claims.finding(RULE, remark, at, message)
