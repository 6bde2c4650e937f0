"""Columns that the text speaks of, and that neither the table nor the code has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings.commentary import claims, known, names
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-column"
NOT_A_NAME = re.compile(r"[=()\[\]{}<>%*:;]|\.\w{2,4}$")


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Says nothing where the table is not known; code and outputs may make columns of their own."""
    columns = known.columns(step, subject)
    if not columns:
        return
    text = f"{step.text_so_far}\n{known.shown(step, subject)}"
    for remark in step.remarks:
        seen = set()
        for one in names.columns(remark):
            if one.name in seen or _is_there(one.name, columns, text, step):
                continue
            seen.add(one.name)
            near = claims.nearest(one.name, columns)
            message = f"The text speaks of a column {one.name}, and there is none."
            yield claims.finding(RULE, remark, one, message, near=near)


def _is_there(name: str, columns: frozenset[str], text: str, step: Step) -> bool:
    if NOT_A_NAME.search(name) or name.lower() in {one.lower() for one in columns}:
        return True
    # Dummies are named after their column: Contract_Two year, tenure_log
    made = any(name.lower().startswith(f"{one.lower()}_") for one in columns)
    return made or name.lower() in text.lower() or f'"{name}"' in step.asked
