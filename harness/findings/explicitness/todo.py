"""Work that a comment leaves to the reader: ``# TODO``, ``# your code here``, ``# … the rest``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings.steps import Step, clipped
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind, Severity

RULE = "todo"
LEFT = re.compile(
    "|".join(
        (
            r"^\W*(?:TODO|FIXME|XXX|TBD|HACK)\b",
            r"^\s*(?:\.{3}|…)",
            r"\bnot (?:yet )?implemented\b",
            r"\b(?:your|my) (?:own )?(?:code|logic|implementation|(?:pre)?processing)\b"
            r".{0,20}\bhere\b",
            r"^\W*(?:add|insert|implement|put|write|define|fill in|include) .{0,60}\bhere\W*$",
            r"^\W*(?:the )?rest of (?:the |your )?code\b",
            r"^\W*(?:the )?(?:rest of|remaining|other|existing|previous) (?:the |your )?"
            r"(?:code|steps?|imports|columns|fields|endpoints)\b.{0,30}(?:here|unchanged|\.{3}|…)",
            r"\b(?:repeat for|similarly for|same for) (?:the )?(?:other|rest|remaining)\b",
            r"\b(?:replace|change|adjust|update|modify)\b.{0,60}"
            r"\b(?:your|(?:the|an|its|with) actual)\b",
            r"\b(?:modify|adjust|change|update|replace)(?: it| this| them)? "
            r"(?:accordingly|as (?:needed|necessary|required)|if (?:needed|necessary))",
            r"\b(?:load|read|use|import|define|specify|provide|insert|enter) your\b",
            r"\bassum(?:e|es|ing) (?:that )?(?:you|your)\b",
            r"\byou (?:may|might|will|can) (?:need|want|have) to\b",
        )
    ),
    re.IGNORECASE,
)


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Comments that say that something is still to be written."""
    for remark in step.remarks:
        if remark.in_code and (left := LEFT.search(remark.text[:300])):
            yield Finding(
                kind=FindingKind.EXPLICITNESS,
                rule=RULE,
                cell=remark.cell,
                **remark.span()._asdict(),
                severity=Severity.WARNING,
                message="A comment leaves work to the reader.",
                evidence=clipped(left[0]),
            )
