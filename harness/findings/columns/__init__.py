"""Columns that are named and do not exist, and columns and rows that a model must not be fitted on.

``walking.py`` goes through the cells and keeps what each name stands for; ``reading.py`` reads one
statement; ``missing.py`` and ``fitting.py`` judge it. Where a frame is not known, nothing is said
but what pandas said itself (``raised.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.columns import fitting, missing, raised
from harness.findings.columns.walking import Walk
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind

KIND = FindingKind.COLUMNS
MOST_FOUND = 500  # findings of one notebook


def find(subject: Subject) -> Iterator[Finding]:
    """All that is wrong with columns, each place once; of one fault of fitting, the first place."""
    walk = Walk(subject)
    keys = fitting.identifiers(subject.profile)
    sources = {cell.id: cell.source for cell in subject.notebook.code}
    told: set[tuple[str, str]] = set()
    missed: list[Finding] = []
    count = 0
    for seen in walk:
        lacking = list(missing.of(seen, walk.loose, sources))
        missed += lacking
        for one in (*lacking, *fitting.of(seen, walk, keys)):
            once = (one.rule, one.message.partition(" is among ")[0])
            if one.rule in ("identifier-feature", "target-in-features"):
                if once in told:
                    continue
                told.add(once)
            count += 1
            if count > MOST_FOUND:
                return
            yield one
    yield from raised.of(subject, missed)
    yield from fitting.inside(walk)
