"""Tables fit a terminal without cutting what must stay whole, and have no width in a pipe."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from harness.cli.fitted import FittedTable

RUN, FIX = "8d8d0cbea3be", "070-colour-each-histogram-by-the-target"
REASON = "its lines were not found, the nearest is in numeric-001 and says something else"
COLUMNS = ("run", "fix", ("reason", "text"), ("code", "line"), ("old", "extra"), ("new", "extra"))
ROW = (RUN, FIX, REASON, "df = " + "x" * 200, "older", "newer")


def printed(width: int, *, terminal: bool = True) -> list[str]:
    table = FittedTable("", *COLUMNS)
    table.add_row(*ROW)
    said = io.StringIO()
    console = Console(file=said, width=width, force_terminal=terminal, color_system=None)
    console.print(table)
    return said.getvalue().splitlines()


@settings(deadline=None)
@given(st.integers(90, 400))
def test_ids_stand_whole_and_lines_fit(width: int) -> None:
    lines = printed(width)
    assert any(RUN in line and FIX in line for line in lines)
    assert max(map(len, lines)) <= width


@settings(deadline=None)
@given(st.integers(20, 400))
def test_a_text_is_never_cut(width: int) -> None:
    shown = "".join("".join(printed(width)).split())
    assert shown.count("…") <= 1  # of the column that may be
    # Wrapped, its parts stand between those of other columns.
    rest = iter(shown)
    assert all(char in rest for char in "".join(REASON.split()))


@pytest.mark.parametrize(
    ("width", "there"),
    [(111, ["old", "new"]), (110, ["old"]), (104, ["old"]), (103, [])],
)
def test_extra_columns_go_one_by_one_from_the_last(width: int, there: list[str]) -> None:
    header = printed(width)[0].split()
    assert [name for name in ("old", "new") if name in header] == there


def test_only_a_line_is_cut_and_only_in_a_terminal() -> None:
    assert "…" in printed(120)[1]
    assert "…" not in printed(1_000_000, terminal=False)[1]


def test_a_row_is_a_line_in_a_pipe_and_ends_with_its_last_word() -> None:
    lines = printed(1_000_000, terminal=False)
    assert len(lines) == 2
    assert lines[1].split("  ") == [one for one in lines[1].split("  ") if one]
    assert lines[1].endswith("newer")
    assert lines[0] == lines[0].rstrip()
