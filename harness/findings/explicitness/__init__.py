"""What a reply leaves out, asks back or makes up, where it was to do what it was asked.

A rule is a module with ``find(step, subject)``, found by being there.
The smallest one to copy is ``todo.py``.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.findings import rules
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind

KIND = FindingKind.EXPLICITNESS
RULES = rules.of(__name__, __path__)


def find(subject: Subject) -> Iterable[Finding]:
    """What all rules find, step after step."""
    return rules.find(RULES, subject)
