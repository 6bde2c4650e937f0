"""Whatever a person does to a notebook, raw and the captured fixes give it back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebook_text import code, notebook, patch, words

from harness import fixes
from harness.fixes import edits
from harness.records import Cell, Fix

LINES = st.sampled_from(
    [
        "x = 1",
        "y = 2",
        "",
        "    z",
        "# %%",
        "# note",
        "é",
        "-a",
        "+b",
        "%time",
        "# # %%",
        "  ",
        "%%",
        "# %%\t",
    ]
)
SOURCES = st.lists(LINES, max_size=8).map(lambda lines: "\n".join(lines).rstrip("\n"))
NOTEBOOKS = st.lists(st.tuples(st.booleans(), SOURCES), min_size=1, max_size=6)


def build(made: list[tuple[bool, str]], name: str = "c") -> list[Cell]:
    return [
        code(f"{name}{i}", source) if is_code else words(f"{name}{i}", source)
        for i, (is_code, source) in enumerate(made)
    ]


def written(cells: object) -> list[tuple[object, ...]]:
    return [(cell.kind, cell.source, cell.attachments) for cell in cells]  # type: ignore[attr-defined]


def again(raw: list[Cell], edited: list[Cell]) -> list[tuple[object, ...]]:
    """The edited cells, by way of fixes."""
    series = [
        patch(found.hunk + "\n", f"{n:03}-fix")
        for n, found in enumerate(edits.changes(notebook(*raw), notebook(*edited)), 1)
    ]
    done = fixes.apply_series(notebook(*raw), [], series)
    assert all(one.verdict == "applied" for one in done.verdicts), done.verdicts
    assert all(place.how == "exact" for one in done.verdicts for place in one.places)
    return written(done.notebook.cells)


@st.composite
def edited_notebooks(draw: st.DrawFn) -> tuple[list[Cell], list[Cell]]:
    raw = build(draw(NOTEBOOKS))
    cells = list(raw)
    for number in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(cells) - 1, 0)))
        act = draw(
            st.sampled_from(["edit", "drop", "add", "move", "split", "join", "kind", "attach"])
        )
        if act == "add" or not cells:
            cells.insert(at, code(f"n{number}", draw(SOURCES)))
        elif act == "edit":
            cells[at] = cells[at].model_copy(update={"source": draw(SOURCES)})
        elif act == "drop":
            cells.pop(at)
        elif act == "move":
            cells.insert(draw(st.integers(0, len(cells) - 1)), cells.pop(at))
        elif act == "split":
            lines = cells[at].source.split("\n")
            half = draw(st.integers(0, len(lines)))
            rest = "\n".join(lines[half:]).rstrip("\n")
            first = "\n".join(lines[:half]).rstrip("\n")
            cells[at] = cells[at].model_copy(update={"source": first})
            cells.insert(at + 1, cells[at].model_copy(update={"id": f"s{number}", "source": rest}))
        elif act == "join" and at + 1 < len(cells):
            both = f"{cells[at].source}\n{cells.pop(at + 1).source}".rstrip("\n")
            cells[at] = cells[at].model_copy(update={"source": both})
        elif act == "kind":
            other = draw(st.sampled_from(["markdown", "code", "raw"]))
            cells[at] = cells[at].model_copy(update={"kind": other, "attachments": {}})
        elif act == "attach" and cells[at].kind != "code":
            image = {"image/png": draw(st.sampled_from(["iVBOR", "w0KGgo", "[raw]"]))}
            cells[at] = cells[at].model_copy(update={"attachments": {"[md] a.png": image}})
    return raw, cells


@settings(max_examples=300, deadline=None)
@given(edited_notebooks())
def test_raw_and_all_fixes_give_the_edited_notebook(pair: tuple[list[Cell], list[Cell]]) -> None:
    raw, edited = pair
    # Sources of chance are seldom Python; what a person leaves broken is refused, by another test.
    safe = [cell for cell in edited if cell.kind != "code" or _is_python(cell.source)]
    assert again(raw, safe) == written(safe)


@settings(max_examples=200, deadline=None)
@given(NOTEBOOKS, NOTEBOOKS)
def test_and_so_it_is_with_two_that_share_nothing(
    one: list[tuple[bool, str]], other: list[tuple[bool, str]]
) -> None:
    raw = build(one)
    edited = [c for c in build(other, "d") if c.kind == "markdown" or _is_python(c.source)]
    assert again(raw, edited) == written(edited)


@settings(max_examples=200, deadline=None)
@given(edited_notebooks(), st.lists(st.sampled_from(["keep", "leave", "split"]), max_size=12))
def test_changes_can_be_left_out_and_split(
    pair: tuple[list[Cell], list[Cell]], answers: list[str]
) -> None:
    raw, edited = notebook(*pair[0]), notebook(*pair[1])
    unfolding = edits.Unfolding(raw)
    waiting = edits.operations(raw, edited)
    series: list[Fix] = []
    while waiting:
        change = waiting.pop(0)
        answer = answers.pop(0) if answers else "keep"
        if answer == "split" and len(change.edits) > 1:
            waiting = [*change.split(), *waiting]
        elif answer != "leave":
            more = patch(unfolding.look(change).hunk + "\n", f"{len(series):03}-fix")
            done = fixes.apply_series(raw, [], [*series, more])
            if done.verdicts[-1].verdict == "applied":
                assert done.notebook.digest == unfolding.with_change(change).digest
                series.append(more)
                unfolding.apply(change)
            else:
                assert "would not be Python" in (done.verdicts[-1].reason or "")


def _is_python(source: str) -> bool:
    from harness.notebooks import syntax

    return syntax.parses(source)


RAW = [code("a", "x = 1\ny = 2"), words("w", "Words"), code("b", "z = 3")]


def names(edited: list[Cell]) -> list[str]:
    return [found.cell for found in edits.changes(notebook(*RAW), notebook(*edited))]


def test_no_edit_is_no_change() -> None:
    assert edits.changes(notebook(*RAW), notebook(*RAW)) == []


def test_a_hunk_or_a_cell_is_a_change() -> None:
    edited = [
        RAW[0].model_copy(update={"source": "x = 1\ny = 3"}),
        RAW[1],
        code("n", "new"),
        RAW[2],
    ]
    assert names(edited) == ["a", "n"]


def test_far_lines_of_a_cell_are_two_changes_and_near_ones_one() -> None:
    long = notebook(code("a", "\n".join(f"x{i} = {i}" for i in range(20))))

    def changed(*lines: int) -> int:
        source = "\n".join(f"x{i} = {-1 if i in lines else i}" for i in range(20))
        return len(edits.changes(long, notebook(code("a", source))))

    assert (changed(3, 5), changed(3, 15)) == (1, 2)


@pytest.mark.parametrize("keep_ids", [True, False])
def test_a_cell_is_recognised_by_id_or_else_by_what_is_written(keep_ids: bool) -> None:
    edited = [
        RAW[0].model_copy(update={"source": "x = 1\ny = 20"}),
        RAW[1],
        RAW[2].model_copy(update={"source": "z = 3\nprint(z)"}),
    ]
    if not keep_ids:
        edited = [cell.model_copy(update={"id": f"q{i}"}) for i, cell in enumerate(edited)]
    matched = [(a and a.id, b and b.source) for a, b in edits.pairs(RAW, edited)]
    assert matched == [("a", "x = 1\ny = 20"), ("w", "Words"), ("b", "z = 3\nprint(z)")]


def test_a_moved_cell_goes_and_comes() -> None:
    assert names([RAW[1], RAW[2], RAW[0]]) == ["a", "a"]
    assert again(RAW, [RAW[1], RAW[2], RAW[0]]) == written([RAW[1], RAW[2], RAW[0]])


def test_a_large_notebook_is_matched_quickly() -> None:
    cells = [code(f"c{i}", f"x{i} = {i}\nprint(x{i})") for i in range(2000)]
    edited = [*cells[:1000], code("new", "y = 1"), *cells[1000:]]
    assert len(edits.changes(notebook(*cells), notebook(*edited))) == 1
