"""Where a reply says otherwise than its code does: in prose and in comments.

A rule is a module with ``find(step, subject)``, found by being there. What is a claim, and what is
there to claim, they take from ``claims.py``, ``names.py``, ``known.py`` and ``quantities.py``. The
smallest one to copy is ``library.py``.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.findings import rules
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind

KIND = FindingKind.COMMENTARY
NAMES = {
    *("claims-column", "claims-file", "claims-function", "claims-library", "claims-metric"),
    "claims-variable",
}
RULES = rules.of(__name__, __path__)


def find(subject: Subject) -> Iterable[Finding]:
    """What all rules find, in steps that have code to be at odds with.

    What is not there is told once a cell, however often a text speaks of it.
    """
    seen = set()
    for one in rules.find(RULES, subject, needs_code=True):
        told = one.cell, one.rule, one.message
        if one.rule not in NAMES or told not in seen:
            yield one
        seen.add(told)
