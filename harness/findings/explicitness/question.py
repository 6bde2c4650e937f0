"""Questions to the reader, and requests for what the prompt was to be enough for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings.steps import Step, clipped
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind, Severity

RULE = "question"
WANTED = (
    r"(?:provide|share|specify|clarify|confirm|tell|give|send|supply|upload|attach|describe"
    r"|indicate|paste|show)"
)
ASKED = re.compile(
    rf"\bplease,? (?:also )?{WANTED}\b(?! (?:up|off))"
    rf"|\b(?:could|can|would|will) you (?:please |kindly )?(?:also )?{WANTED}\b"
    r"|\blet me know (?:which|what|whether|how|where|who|if (?!you (?:have|need)\b|there\b))"
    r"|\bI(?:'d| would)? (?:need|require|want) (?:some |a bit )?(?:more|further|additional)"
    r" (?:information|details|context)\b"
    r"|\b(?:I(?:'m| am) (?:not sure|unsure|unclear)|it(?:'s| is) (?:not clear|unclear))"
    r" (?:which|what|whether|how|where|if)\b"
    r"|\bI (?:do not|don't|cannot|can't) (?:have access|access|see)\b.{0,60}"
    r"\b(?:data|file|table|dataset|columns?)\b",
    re.IGNORECASE,
)
TO_YOU = re.compile(r"\b(?:you|your|yours|I|me)\b.*\?\W*$", re.IGNORECASE)
WHICH = re.compile(
    r"^(?:which|what|where) (?:\w+ ){0,2}(?:column|file|table|dataset|target|format|version"
    r"|metric|model)s?\b.*\b(?:should|shall|do|would|must|to use)\b.*\?\W*$",
    re.IGNORECASE,
)
HEADING = re.compile(r"\s*(?:#|\*\*[^*]*\*\*\s*$)")


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Sentences of the prose that ask; headings and questions to nobody do not."""
    for remark in step.remarks:
        said = remark.text[:500]
        if remark.in_code or HEADING.match(said):
            continue
        if asked := ASKED.search(said) or TO_YOU.search(said) or WHICH.search(said):
            yield Finding(
                kind=FindingKind.EXPLICITNESS,
                rule=RULE,
                cell=remark.cell,
                **remark.span()._asdict(),
                severity=Severity.WARNING,
                message="The reply asks back instead of doing what it was asked.",
                evidence=clipped(asked[0]),
            )
