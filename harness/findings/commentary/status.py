"""Statuses that the text says a service answers with, and that its code never sends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings.commentary import claims, known
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-number"
STATUS = re.compile(
    r"\b(?:status|HTTP)(?: code)?(?: of)? `?([1-5]\d\d)\b"
    r"|\b([1-5]\d\d)`?(?: HTTP)? (?:status|error)\b",
    re.IGNORECASE,
)
# A framework sends the others by itself: of a right answer, an unknown path, a failure.
SENT_BY_CODE = {"201", "202", "204", "400", "401", "403", "409", "415", "422", "429"}
VALIDATED = r"BaseModel|pydantic|TypedDict|@dataclass"  # by which FastAPI sends 422


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """A status counts as sent where the step's code has its number."""
    for remark in step.remarks:
        for one in claims.mentions(STATUS, claims.said(remark)):
            if one.name not in SENT_BY_CODE or known.has(rf"\b{one.name}\b", step.text):
                continue
            if one.name == "422" and known.has(VALIDATED, step.text):
                continue
            message = f"The text says that status {one.name} is answered, and no code sends it."
            yield claims.finding(RULE, remark, one, message)
