"""Raw against patched to the line, and two runs by what they share."""

from __future__ import annotations

import re

from notebook_text import code, failed, notebook, passed, patch, rule, words

from harness import fixes
from harness.analysis import notebook_diff, report
from harness.records import Cell, CellDiff, Execution, Fix

RAW = notebook(words("w", "Words"), code("a", "x = 1\ny = 2\nz = 3"), code("b", "df.corr()"))
CHANGE = patch("@@ -6,1 +6,1 @@ a\n-y = 2\n+y = 20\n", "010-change")
RULE = rule("rule: {pattern: $A.corr()}\nrewrite: $A.corr(1)\n", "020-rule")


def compared(*series: Fix) -> tuple[list[notebook_diff.Row], list[CellDiff]]:
    done = fixes.apply_series(RAW, [], series)
    rows = notebook_diff.of_patched(done.attributed)
    before = Execution(sandbox="", seconds=0, cells=(passed("a"), failed("b", "ValueError")))
    after = Execution(sandbox="", seconds=0, cells=(passed("a"), passed("b")))
    return rows, notebook_diff.cells(rows, before, after)


def test_each_hunk_is_under_its_fix_with_status_before_and_after() -> None:
    _, cells = compared(CHANGE, RULE)
    assert [(c.left, c.right, c.before, c.after) for c in cells] == [
        ("a", "a", "ok", "ok"),
        ("b", "b", "ValueError", "ok"),
    ]
    assert [hunk.fixes for c in cells for hunk in c.hunks] == [("010-change",), ("020-rule",)]
    rows = cells[0].hunks[0].rows
    assert [(r.tag, r.left, r.right, r.text) for r in rows] == [
        (" ", 1, 1, "x = 1"),
        ("-", 2, None, "y = 2"),
        ("+", None, 2, "y = 20"),
        (" ", 3, 3, "z = 3"),
    ]


def test_nothing_else_is_shown() -> None:
    assert compared()[1] == []
    assert notebook_diff.unified(compared()[0], ("a", "b")) == ""


def test_new_and_removed_cells() -> None:
    add = "@@ -7,3 +7,6 @@ a\n z = 3\n \n+# %%\n+new()\n+\n # %%\n"
    drop = "@@ -11,4 +11,1 @@ b\n \n-# %%\n-df.corr()\n-\n"
    _, cells = compared(patch(add, "010-add"), patch(drop, "020-drop"))
    assert [(c.left, c.right) for c in cells] == [(None, "010-add-1"), ("b", None)]


def test_the_unified_diff_turns_one_text_into_the_other() -> None:
    rows, _ = compared(CHANGE, RULE)
    text = notebook_diff.unified(rows, ("raw.py", "patched.py"))
    assert re.findall(r"^[-+](?![-+]).*", text, re.M) == [
        "-y = 2",
        "+y = 20",
        "-df.corr()",
        "+df.corr(1)",
    ]
    # Our own reader takes it: applied to raw it gives the patched text.
    hunks = text.split("\n", 2)[2]
    again = fixes.apply_series(RAW, [], [patch(hunks, "030-both")])
    assert [c.source for c in again.notebook.cells] == [
        c.source for c in fixes.apply_series(RAW, [], [CHANGE, RULE]).notebook.cells
    ]


def test_two_runs_are_matched_by_id_then_by_content() -> None:
    other = notebook(words("w", "Words"), code("q", "x = 1\ny = 2\nz = 4"), code("b", "df.cov()"))
    rows = notebook_diff.of_two(RAW, other)
    cells = notebook_diff.cells(rows, None, None)
    assert [(c.left, c.right) for c in cells] == [("a", "q"), ("b", "b")]
    assert [r.text for c in cells for h in c.hunks for r in h.rows if r.tag != " "] == [
        "z = 3",
        "z = 4",
        "df.corr()",
        "df.cov()",
    ]
    left = [row.left.text for row in rows if row.left]
    right = [row.right.text for row in rows if row.right]
    assert left == [line.text for line in RAW.lines]
    assert right == [line.text for line in other.lines]


def test_a_large_notebook_is_compared_line_by_line_only_where_it_differs() -> None:
    raw = [code(f"c{i}", f"x{i} = {i}\nprint(x{i})") for i in range(2000)]
    other = [
        cell.model_copy(update={"source": cell.source + "\n# more"}) if i % 100 == 0 else cell
        for i, cell in enumerate(raw)
    ]
    rows = notebook_diff.of_two(notebook(*raw), notebook(*other))
    assert len(notebook_diff.cells(rows, None, None)) == 20


HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(2)>"


def page(cells: list[Cell], outputs: list[dict[str, object]]) -> str:
    hostile = CHANGE.model_copy(update={"description": HOSTILE})
    done = fixes.apply_series(notebook(*cells), [], [hostile])
    rows = notebook_diff.of_patched(done.attributed)
    nodes = [{"id": "a", "outputs": outputs}]
    side = report.Side(title=HOSTILE, about=HOSTILE, outputs=report.outputs_of(nodes))
    cells = notebook_diff.cells(rows, None, None)
    return report.diff_page(side, side, cells, done.verdicts, HOSTILE)


def test_a_page_holds_nothing_that_acts() -> None:
    evil = code("a", f"x = 1 # {HOSTILE}\ny = 2\nz = 3")
    outputs: list[dict[str, object]] = [
        {"output_type": "stream", "name": "stdout", "text": HOSTILE},
        {"output_type": "error", "ename": HOSTILE, "evalue": HOSTILE, "traceback": []},
        {"output_type": "display_data", "data": {"text/html": HOSTILE, "text/plain": "plain"}},
        {"output_type": "display_data", "data": {"image/svg+xml": HOSTILE}},
        {"output_type": "display_data", "data": {"application/javascript": "alert(3)"}},
        {"output_type": "display_data", "data": {"image/png": '"><script>alert(4)</script>'}},
        {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}},
        {"output_type": "odd", "data": 3},
        {"output_type": "stream", "text": ["a", 3]},
    ]
    html = page([words("w", "Words"), evil, code("b", "q")], outputs)
    assert "<script" not in html
    assert not re.findall(r"<[^>]*\son\w+=", html)
    assert "alert(3)" not in html
    assert "alert(4)" not in html
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in html
    assert "default-src 'none'" in html
    assert "http" not in re.sub(r"http-equiv", "", html)
