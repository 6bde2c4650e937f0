"""Kinds of findings that can be checked by eye, for tests of what is around them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings import Finder
from harness.findings.places import of_text
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind, Severity


def finding(
    cell: str, line: int = 1, kind: FindingKind = FindingKind.COLUMNS, **changes: object
) -> Finding:
    """One in a cell, on one line."""
    made = {
        "kind": kind,
        "rule": "missing-column",
        "cell": cell,
        "line": line,
        "column": 0,
        "end_line": line,
        "end_column": 3,
        "severity": Severity.ERROR,
        "message": "It names what is not there.",
    }
    return Finding.model_validate(made | changes)


def find_todos(subject: Subject) -> Iterator[Finding]:
    """A finding per TODO in a code cell."""
    for cell in subject.notebook.code:
        at = -1
        while (at := cell.source.find("TODO", at + 1)) >= 0:
            place = of_text(cell.source, at, at + 4)._asdict()
            yield finding(
                cell.id, kind=FindingKind.EXPLICITNESS, rule="todo", message="Left.", **place
            )


def fail(subject: Subject) -> Iterator[Finding]:
    """A kind with a fault."""
    raise RecursionError(subject.notebook.cells[0].id)


TODOS: dict[FindingKind, Finder] = {FindingKind.EXPLICITNESS: find_todos}
FAULTY: dict[FindingKind, Finder] = {FindingKind.COLUMNS: fail}
