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


PNG = {"a [raw].png": {"image/png": "iVBORw0KGgo="}, "é.txt": {"text/plain": "# %%\nx"}}


def test_raw_cells_and_attachments_come_back() -> None:
    cells = [
        words("a", "# %%\n![a](attachment:a.png)").model_copy(update={"attachments": PNG}),
        words("b", "<raw>\n# %% [raw]\n").model_copy(update={"kind": "raw"}),
        words("c", "x").model_copy(update={"kind": "raw", "attachments": PNG}),
        code("d", "# %% [raw]"),
    ]
    lines = percent.lines_of(cells)
    # As fixes read it: what opens a cell is known by its text alone.
    read = [
        line._replace(
            head=line.head
            and Cell(
                id=line.head.id,
                kind=percent.kind_of(line.text) or "code",
                source="",
                step="one",
                origin="fix",
                attachments=percent.attachments_of(line.text),
            )
        )
        for line in lines
    ]
    found = [(cell.kind, cell.source, cell.attachments) for cell in percent.cells_of(read)]
    wanted = [(cell.kind, cell.source.rstrip("\n"), cell.attachments) for cell in cells]
    assert found == wanted
    assert [percent.kind_of(line.text) for line in lines if line.head] == [
        cell.kind for cell in cells
    ]


@pytest.mark.parametrize(
    "behind", ["", "{", "[]", '{"a": 1}', '{"a": {"b": 1}}', "[" * 100_000, "1" * 10_000]
)
def test_attachments_that_are_none_are_none(behind: str) -> None:
    assert percent.attachments_of(f"# %% [markdown] attachments={behind}") == {}
    assert percent.attachments_of(f"# %% attachments={behind}") == {}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("# %%", "code"),
        ("# %% Title", "code"),
        ("# %% [markdown]", "markdown"),
        ('# %% [markdown] {"a": 1}', "markdown"),
        ("# %% [raw]", "raw"),
        ("# %% Of [a] [md]", "markdown"),
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
