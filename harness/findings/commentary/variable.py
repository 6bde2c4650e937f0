"""Variables that the text says hold something, and that no code so far, nor the kernel, has."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.commentary import claims, known, names
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-variable"


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Only names in backticks; columns, values and types are names too, and are known."""
    there, held = known.names(step, subject), known.identifiers(step, subject)
    columns = {one.lower() for one in known.columns(step, subject)}
    for remark in step.remarks:
        seen = set()
        for one, is_held in names.variables(remark):
            last = one.name.rpartition(".")[2].lower()
            is_there = last in held | columns if is_held else last in there
            if one.start in seen or is_there:
                continue
            seen.add(one.start)
            near = claims.nearest(one.name, step.words)
            message = f"The text speaks of a variable {one.name}, and no code has it."
            yield claims.finding(RULE, remark, one, message, near=near)
