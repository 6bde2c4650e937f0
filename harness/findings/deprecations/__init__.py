"""Calls that are going or gone, by what the kernel warned of, by what failed, and by ruff.

``warned.py`` reads the kernel's warnings, ``failed.py`` the errors and the lines that did not run,
by ``notes.toml``; ``linted.py`` asks ruff, whatever the code silences. ``noted.py`` makes one list.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from harness.findings.deprecations import code, failed, linted, noted, warned
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind

KIND = FindingKind.DEPRECATIONS
MOST_FOUND = 500  # findings of one notebook


def find(subject: Subject) -> Iterator[Finding]:
    """Each such call once, whoever told of it."""
    codes = code.of(subject)
    every = chain(
        failed.of(subject, codes),
        warned.of(subject, codes),
        failed.unrun(subject, codes),
        linted.of(subject, codes),
    )
    for number, one in enumerate(noted.merged(every)):
        if number >= MOST_FOUND:
            return
        yield one.finding
