"""The ledger's arithmetic, against cases worked by hand."""

from __future__ import annotations

from notebook_text import code, notebook, patch, rule, words

from harness import fixes
from harness.fixes import ledger as counting
from harness.notebooks.notebook import Notebook
from harness.records import Cause, Fix, Ledger, Tally

RAW = notebook(
    words("p", "Prompt"),
    code("a", "import pandas as pd\ndf = pd.read_csv('x')  # load\n\nprint(df.corr())"),
    code("b", "for c in df:\n    print(\n        c\n    )\nprint('end')"),
)
# Lines of the text: 0 "# %% [markdown]", 1 "# Prompt", 2 "", 3 "# %%", 4 import, 5 df, 6 "",
# 7 print(corr), 8 "", 9 "# %%", 10 for, 11-13 print( c ), 14 print('end'), 15 "".
# Code: 3 + 3 = 6 logical lines, 4 + 5 = 9 lines as they stand.


def book(raw: Notebook, *series: Fix) -> Ledger:
    applied = fixes.apply_series(raw, [], series)
    assert all(one.verdict == "applied" for one in applied.verdicts), applied.verdicts
    return counting.make(applied)


def test_nothing_changed_is_nothing() -> None:
    made = book(RAW)
    assert (made.raw_lines, made.patched_lines, made.raw_text, made.patched_text) == (6, 6, 9, 9)
    assert (made.raw_cells, made.patched_cells, made.touched_cells) == (2, 2, 0)
    assert (made.share, made.share_text, made.share_cells) == (0, 0, 0)


def test_a_changed_line() -> None:
    change = " \n-print(df.corr())\n+print(df.corr(numeric_only=True))\n \n"
    made = book(RAW, patch("@@ -7,3 +7,3 @@ a\n" + change))
    assert made.lines == {Cause.DATA_UNSEEN: Tally(changed=1)}
    assert made.text == {Cause.DATA_UNSEEN: Tally(changed=1)}
    assert (made.share, made.share_text, made.share_cells) == (0.1667, 0.1111, 0.5)


def test_an_added_cell_and_a_removed_line() -> None:
    add = " print('end')\n \n+# %%\n+# a comment\n+df.info()\n+df.head()\n+\n"
    drop = " # %%\n-import pandas as pd\n df = pd.read_csv('x')  # load\n"
    made = book(
        RAW,
        patch("@@ -4,3 +4,2 @@ a\n" + drop),
        patch("@@ -14,2 +14,7 @@ b\n" + add, "020-new", cause="syntax"),
    )
    assert made.lines == {
        Cause.DATA_UNSEEN: Tally(removed=1),
        Cause.SYNTAX: Tally(added=2),
    }
    assert made.text == {
        Cause.DATA_UNSEEN: Tally(removed=1),
        Cause.SYNTAX: Tally(added=3),
    }
    # 6 - 1 + 2 = 7 logical lines, 9 - 1 + 3 = 11 lines as they stand.
    assert (made.patched_lines, made.patched_text) == (7, 11)
    assert (made.share, made.share_text) == (round(2 / 7, 4), round(3 / 11, 4))
    assert (made.patched_cells, made.touched_cells) == (3, 2)


def test_layout_and_comments_count_only_as_they_stand() -> None:
    change = (
        " for c in df:\n-    print(\n-        c\n-    )\n+    print(c)  # shorter\n print('end')\n"
    )
    made = book(RAW, patch("@@ -11,5 +11,3 @@ b\n" + change))
    assert made.lines == {}
    assert (made.share, made.touched_cells) == (0, 0)
    assert made.text == {Cause.DATA_UNSEEN: Tally(changed=1, removed=2)}
    assert made.share_text == round(1 / 7, 4)


def test_a_comment_inside_a_call_is_no_code() -> None:
    change = " for c in df:\n     print(\n+        # why\n         c\n     )\n"
    made = book(RAW, patch("@@ -11,4 +11,5 @@ b\n" + change))
    assert made.lines == {}
    assert made.text == {Cause.DATA_UNSEEN: Tally(added=1)}


def test_enhancements_are_counted_apart() -> None:
    change = " print('end')\n+print('the very end')\n \n"
    made = book(RAW, patch("@@ -15,2 +15,3 @@ b\n" + change, cause="enhancement"))
    assert made.lines == {Cause.ENHANCEMENT: Tally(added=1)}
    assert (made.share, made.share_text, made.touched_cells) == (0, 0, 0)
    assert made.enhancement_share == round(1 / 7, 4)


def test_a_line_that_two_fixes_touch_is_the_last_ones() -> None:
    first = rule("rule: {pattern: $A.corr()}\nrewrite: $A.cov()\n", "010-first", cause="deprecated")
    second = rule("rule: {pattern: $A.cov()}\nrewrite: $A.std()\n", "020-second", cause="syntax")
    made = book(RAW, first, second)
    # The model's line was taken out by the first, the line that stands was written by the second.
    assert made.lines == {Cause.DEPRECATED: Tally(removed=1), Cause.SYNTAX: Tally(added=1)}
    assert made.share == 0.1667


def test_a_change_taken_back_by_a_later_fix_is_none() -> None:
    first = rule("rule: {pattern: $A.corr()}\nrewrite: $A.cov()\n", "010-first")
    second = rule("rule: {pattern: $A.cov()}\nrewrite: $A.corr()\n", "020-second")
    made = book(RAW, first, second)
    assert made.lines == {}
    assert made.share_text == 0


def test_words_are_no_code() -> None:
    made = book(RAW, patch("@@ -1,3 +1,3 @@ p\n # %% [markdown]\n-# Prompt\n+# Title\n \n"))
    assert made.lines == {}
    assert made.text == {}


def test_a_cell_taken_out_is_removed_lines() -> None:
    gone = "".join(f"-{line}\n" for line in ("# %%", "for c in df:", "    print(", "        c"))
    gone += "-    )\n-print('end')\n-\n"
    made = book(RAW, patch("@@ -8,9 +8,2 @@ b\n print(df.corr())\n \n" + gone))
    assert made.lines == {Cause.DATA_UNSEEN: Tally(removed=3)}
    assert (made.raw_cells, made.patched_cells, made.share) == (2, 1, 0)
