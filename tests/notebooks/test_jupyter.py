"""What is written in a file is what was put into it, and an edit is noticed."""

from __future__ import annotations

from pathlib import Path

from notebook_text import code, notebook, words

from harness.notebooks import jupyter
from harness.records import Cause, FixVerdict, Verdict

BOOK = notebook(words("w", "Words"), code("a", "x = 1"), code("b", "y = 2"))
VERDICT = FixVerdict(
    fix="010-a",
    sha256="0" * 64,
    form="patch",
    description="Why",
    author="Somebody",
    cause=Cause.SYNTAX,
    verdict=Verdict.APPLIED,
)


def test_a_file_holds_the_notebook_and_the_note_is_no_part_of_it() -> None:
    for verdicts in ((), (VERDICT,)):
        node = jupyter.build(BOOK, {}, {}, verdicts)
        assert len(node.cells) == len(BOOK.cells) + len(verdicts)
        there, is_edited = jupyter.read(jupyter.dump(node), Path("x"))
        assert there.digest == BOOK.digest
        assert not is_edited


def test_under_another_form_it_is_the_same_notebook() -> None:
    node = jupyter.relabelled(jupyter.build(BOOK, {}, {"form": "raw"}), "patched", [VERDICT])
    assert node.metadata.harness.form == "patched"
    there, is_edited = jupyter.read(jupyter.dump(node), Path("x"))
    assert there.digest == BOOK.digest
    assert not is_edited


def test_an_edit_is_noticed_and_so_is_a_notebook_of_another_hand() -> None:
    node = jupyter.build(BOOK, {}, {})
    node.cells[1].source = "x = 2"
    assert jupyter.read(jupyter.dump(node), Path("x")).is_edited
    del node.metadata["harness"]
    assert jupyter.read(jupyter.dump(node), Path("x")).is_edited
