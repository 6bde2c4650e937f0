"""Where a hunk goes, and where it must not."""

from __future__ import annotations

import pytest
from notebook_text import code, notebook, patch, words

from harness import fixes
from harness.records import Cell, FixVerdict, Verdict

BODY = "import a\nb = 1\nc = 2\nd = 3\ne = 4\nf = 5\ng = 6"
HUNK = "@@ -3,7 +3,7 @@ x\n import a\n b = 1\n c = 2\n-d = 3\n+d = 30\n e = 4\n f = 5\n g = 6\n"


def one(raw: list[Cell], hunk: str) -> tuple[FixVerdict, list[str]]:
    applied = fixes.apply_series(notebook(*raw), [], [patch(hunk)])
    return applied.verdicts[0], [cell.source for cell in applied.notebook.cells]


def places(verdict: FixVerdict) -> list[tuple[str, int, str, int]]:
    return [(p.cell, p.line, p.how, p.amount) for p in verdict.places]


def test_exact() -> None:
    verdict, (source,) = one([code("x", BODY)], HUNK.replace("-3,7 +3,7", "-2,7 +2,7"))
    assert verdict.verdict is Verdict.APPLIED
    assert places(verdict) == [("x", 4, "exact", 0)]
    assert source == BODY.replace("d = 3", "d = 30")


@pytest.mark.parametrize("before", [0, 1, 5])
def test_offset_says_how_far(before: int) -> None:
    raw = [code(f"n{i}", "pass") for i in range(before)] + [code("x", BODY)]
    verdict, sources = one(raw, HUNK)
    assert places(verdict) == [("x", 4, "offset", 3 * before - 1)]
    assert "d = 30" in sources[-1]


@pytest.mark.parametrize(
    ("change", "fuzz"),
    [(("import a", "import z"), 1), (("b = 1", "b = 0"), 2), (("f = 5", "f = 0"), 2)],
)
def test_fuzz_leaves_context_out_at_the_ends(change: tuple[str, str], fuzz: int) -> None:
    verdict, (source,) = one([code("x", BODY.replace(*change))], HUNK)
    if fuzz == 1:
        assert places(verdict) == [("x", 4, "fuzz", 1)]
        assert "d = 30" in source
    else:
        # Two lines fewer at either end leave three of seven: less than half is a conflict.
        assert verdict.verdict is Verdict.CONFLICT
        assert "d = 30" not in source


def test_fuzz_two_where_enough_is_left() -> None:
    body = "a\nb\nc\nold1\nold2\nold3\nold4\nd\ne\nf"
    lines = [f" {x}" for x in "abc"] + [f"-old{i}" for i in (1, 2, 3, 4)] + ["+new"]
    lines += [f" {x}" for x in "def"]
    hunk = "@@ -2,10 +2,7 @@ x\n" + "\n".join(lines) + "\n"
    verdict, (source,) = one([code("x", body.replace("b\n", "B\n"))], hunk)
    assert places(verdict) == [("x", 4, "fuzz", 2)]
    assert source == "a\nB\nc\nnew\nd\ne\nf"


def test_a_removed_line_must_be_there_to_the_letter() -> None:
    verdict, (source,) = one([code("x", BODY.replace("d = 3", "d  = 3"))], HUNK)
    assert verdict.verdict is Verdict.CONFLICT
    assert verdict.reason == "its lines were not found (of x)"
    assert verdict.nearest == "x: d  = 3"
    assert source == BODY.replace("d = 3", "d  = 3")


def test_two_places_that_fit_with_fuzz_are_a_conflict() -> None:
    raw = [code("y", BODY.replace("import a", "q")), code("z", BODY.replace("import a", "r"))]
    verdict, _ = one(raw, HUNK)
    assert verdict.verdict is Verdict.CONFLICT
    assert verdict.reason is not None
    assert "fits 2 places" in verdict.reason


def test_the_named_cell_comes_before_a_nearer_one() -> None:
    raw = [code("y", BODY), code("z", BODY), code("x", BODY)]
    verdict, sources = one(raw, HUNK)
    assert places(verdict)[0][0] == "x"
    assert ["d = 30" in source for source in sources] == [False, False, True]


def test_without_a_named_cell_the_nearest_is_taken() -> None:
    raw = [code("y", BODY), code("z", BODY)]
    verdict, _ = one(raw, HUNK.replace(" x\n", "\n", 1).replace("-3,7", "-9,7"))
    assert places(verdict) == [("z", 4, "offset", 2)]


def test_what_is_there_already_is_obsolete() -> None:
    verdict, (source,) = one([code("x", BODY.replace("d = 3", "d = 30"))], HUNK)
    assert (verdict.verdict, verdict.reason) == (Verdict.OBSOLETE, "its lines are there already")
    assert source.count("d = 30") == 1


def test_what_is_there_at_the_very_top_is_obsolete_too() -> None:
    hunk = "@@ -1,4 +1,5 @@ c\n # %%\n+import pandas as pd\n x = 1\n y = 2\n z = 3\n"
    there = code("c", "import pandas as pd\nx = 1\ny = 2\nz = 3")
    assert one([there], hunk)[0].verdict is Verdict.OBSOLETE


def test_a_second_cell_that_still_needs_the_change_gets_it() -> None:
    raw = [code("x", BODY.replace("d = 3", "d = 30")), code("y", BODY)]
    verdict, sources = one(raw, HUNK)
    assert verdict.verdict is Verdict.APPLIED
    assert "d = 30" in sources[1]


def test_blanks_at_the_end_of_lines_do_not_matter() -> None:
    verdict, _ = one([code("x", BODY.replace("c = 2", "c = 2   "))], HUNK)
    assert verdict.verdict is Verdict.APPLIED


def test_a_hunk_at_the_end_stays_at_the_end() -> None:
    tail = "@@ -3,4 +3,5 @@\n e = 4\n f = 5\n g = 6\n+h = 7\n \n"
    verdict, sources = one([code("x", BODY), code("y", "e = 4\nf = 5\ng = 6")], tail)
    assert places(verdict) == [("y", 4, "offset", 8)]
    assert sources == [BODY, "e = 4\nf = 5\ng = 6\nh = 7"]


def test_uneven_context_written_by_hand_is_no_obstacle() -> None:
    hunk = "@@ -5,3 +5,4 @@ x\n f = 5\n g = 6\n+h = 7\n \n"
    verdict, sources = one([code("x", BODY), code("y", "f = 5\ng = 6")], hunk)
    assert places(verdict) == [("x", 8, "offset", 2)]
    assert sources == [f"{BODY}\nh = 7", "f = 5\ng = 6"]


def test_a_cell_that_is_gone_is_a_conflict() -> None:
    verdict, _ = one([words("w", "no code at all")], HUNK)
    assert verdict.verdict is Verdict.CONFLICT
    verdict, _ = one([], HUNK)
    assert verdict.verdict is Verdict.CONFLICT


def test_a_diff_of_jupytexts_own_text_fits_too() -> None:
    hunk = HUNK.replace("-3,7 +3,7", "-15,8 +15,8").replace(
        " import a", ' # %% {"harness": {"step": "one"}}\n import a'
    )
    verdict, (source,) = one([code("x", BODY)], hunk)
    assert verdict.verdict is Verdict.APPLIED
    assert "d = 30" in source


def test_a_hunk_may_open_close_and_join_cells() -> None:
    raw = [code("x", "a = 1\nb = 2"), code("y", "c = 3")]
    split = "@@ -1,4 +1,6 @@ x\n # %%\n a = 1\n+\n+# %%\n b = 2\n \n"
    assert one(raw, split)[1] == ["a = 1", "b = 2", "c = 3"]
    join = "@@ -3,4 +3,2 @@ y\n b = 2\n-\n-# %%\n c = 3\n"
    assert one(raw, join)[1] == ["a = 1\nb = 2\nc = 3"]
    note = "@@ -4,2 +4,5 @@ y\n \n+# %% [markdown]\n+# Words\n+\n # %%\n"
    assert one(raw, note)[1] == ["a = 1\nb = 2", "Words", "c = 3"]


def test_hunks_of_one_fix_go_together_or_not_at_all() -> None:
    second = "@@ -20,2 +20,2 @@ x\n nowhere\n-to be\n+found\n"
    verdict, (source,) = one([code("x", BODY)], HUNK + second)
    assert verdict.verdict is Verdict.CONFLICT
    assert source == BODY


def test_later_hunks_follow_what_earlier_ones_moved() -> None:
    first = "@@ -2,2 +2,4 @@ x\n import a\n+p\n+q\n b = 1\n"
    second = "@@ -7,3 +9,2 @@ x\n f = 5\n-g = 6\n \n"
    raw = [words("w", "above"), code("x", BODY)]
    verdict, sources = one(raw, first + second)
    assert [p.amount for p in verdict.places] == [3, 0]
    assert sources[1].endswith("e = 4\nf = 5")
