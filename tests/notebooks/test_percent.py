"""The text form holds every source, and jupytext reads it as we do."""

from __future__ import annotations

import jupytext
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebook_text import code, words

from harness.notebooks import percent
from harness.records import Cell

LINE = st.text(alphabet=st.characters(blacklist_characters="\n\r", blacklist_categories=["Cs"]))
ODD = st.sampled_from(
    [
        "# %%",
        "# %% [markdown]",
        "# # %% x",
        "%%time",
        "",
        "# text",
        "#",
        "\x0c",
        "%%",
        "%% a",
        "# %%\t",
    ]
)
SOURCE = st.lists(LINE | ODD, max_size=6).map("\n".join).map(lambda text: text.rstrip("\n"))
CELLS = st.lists(st.tuples(st.booleans(), SOURCE), max_size=5)


def written(cells: list[Cell]) -> list[tuple[str, str]]:
    return [(cell.kind, cell.source) for cell in cells]


@given(CELLS)
def test_every_source_comes_back(made: list[tuple[bool, str]]) -> None:
    cells = [
        code(f"c{i}", source) if is_code else words(f"c{i}", source)
        for i, (is_code, source) in enumerate(made)
    ]
    assert written(percent.cells_of(percent.lines_of(cells))) == written(cells)


def test_jupytext_reads_the_text_as_the_same_cells() -> None:
    cells = [
        words("a", "# Title\n\nwords"),
        code("b", "import pandas as pd\n\nx = 1  # why\nif x:\n    y = '''\n# text\n'''"),
        code("c", ""),
        words("d", "- a list\n- of two"),
    ]
    text = "\n".join(line.text for line in percent.lines_of(cells))
    read = jupytext.reads(text, fmt={"extension": ".py", "format_name": "percent"})
    assert [(cell.cell_type, cell.source) for cell in read.cells] == written(cells)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("# %%", "code"),
        ("# %% Title", "code"),
        ("# %% [markdown]", "markdown"),
        ('# %% [markdown] {"a": 1}', "markdown"),
        ("# %%time", None),
        ("#%%", None),
        ("x = 1", None),
    ],
)
def test_header_lines(line: str, kind: str | None) -> None:
    assert percent.kind_of(line) == kind


def test_a_line_before_the_first_cell_is_an_error() -> None:
    with pytest.raises(ValueError, match="before the first cell"):
        percent.cells_of([percent.Line("x = 1", raw=0)])
