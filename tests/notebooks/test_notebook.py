"""A notebook as one value: what counts as the same, and that each form is made once."""

from __future__ import annotations

import dataclasses

import pytest
from notebook_text import code, notebook, words

from harness.notebooks.notebook import Notebook

BOOK = notebook(words("w", "Words"), code("a", "x = 1"), code("b", "y = 2\n"))


@pytest.mark.parametrize("form", ["lines", "digest", "code", "sources"])
def test_each_form_is_made_once(form: str) -> None:
    assert getattr(BOOK, form) is getattr(BOOK, form)


def test_its_cells_cannot_be_changed_under_its_forms() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        BOOK.cells = ()  # type: ignore[misc]


@pytest.mark.parametrize(
    "same",
    [
        notebook(words("q", "Words"), code("r", "x = 1"), code("s", "y = 2\n")),
        notebook(words("w", "Words\r\n"), code("a", "x = 1"), code("b", "y = 2\n\n\n")),
    ],
    ids=["ids", "line ends"],
)
def test_ids_and_line_ends_are_not_written(same: Notebook) -> None:
    assert same.digest == BOOK.digest


@pytest.mark.parametrize(
    "other",
    [
        notebook(),
        notebook(code("w", "Words"), code("a", "x = 1"), code("b", "y = 2")),
        notebook(words("w", "Words"), code("b", "y = 2"), code("a", "x = 1")),
        notebook(words("w", "Words"), code("a", "x = 1\ny = 2")),
        notebook(words("w", "Words"), code("a", "x = 1 "), code("b", "y = 2")),
    ],
    ids=["nothing", "kind", "order", "joined", "a blank"],
)
def test_kinds_order_and_sources_are(other: Notebook) -> None:
    assert other.digest != BOOK.digest
