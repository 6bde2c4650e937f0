"""What all kinds find together."""

from __future__ import annotations

from notebook_text import code, notebook
from small_kinds import TODOS, find_todos, finding

from harness import findings
from harness.findings.subject import Subject
from harness.records import FindingKind

BOOK = notebook(code("b", "x = 1  # TODO\ny = 2  # TODO"), code("a", "# TODO"))


def test_findings_stand_in_the_order_of_the_notebook_and_none_twice() -> None:
    def backwards(subject: Subject) -> list[object]:
        return [finding("a"), *reversed(list(find_todos(subject)))]

    both = {**TODOS, FindingKind.COLUMNS: backwards}
    found = findings.find(Subject(BOOK), both)
    assert [(one.cell, one.line, one.column) for one in found] == [
        ("b", 1, 9),
        ("b", 2, 9),
        ("a", 1, 0),
        ("a", 1, 2),
    ]


def test_every_module_of_the_room_that_is_not_shared_is_a_kind() -> None:
    for kind, finder in findings.kinds().items():
        assert isinstance(kind, FindingKind)
        assert list(finder(Subject(notebook()))) == []
