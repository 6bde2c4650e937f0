"""Functions that the text says are called, and that no code names."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.commentary import claims, known, names
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-function"


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """A function counts as called where any code up to the step, or the kernel, knows its name."""
    there = known.names(step, subject)
    for remark in step.remarks:
        for one in names.functions(remark):
            last = one.name.rpartition(".")[2]
            if last.lower() not in there:
                near = claims.nearest(last, step.words)
                message = f"The text says that {one.name} is called, and no code names it."
                yield claims.finding(RULE, remark, one, message, near=near)
