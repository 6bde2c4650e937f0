"""Fixes one after another, each judged."""

from __future__ import annotations

import time

import pytest
from notebook_text import code, failed, notebook, passed, patch, rule

from harness import fixes
from harness.errors import EditedError
from harness.fixes import attribution, conditions
from harness.records import CellStatus, Verdict, When

CHANGE = "@@ -2,1 +2,1 @@ {cell}\n-{old}\n+{new}\n"
CORR = "rule: {pattern: $DF.corr()}\nrewrite: $DF.corr(numeric_only=True)\n"


def change(cell: str, old: str, new: str, name: str = "010-a", when: str = "always"):
    return patch(CHANGE.format(cell=cell, old=old, new=new), name, when)


def test_a_rule_fits_two_replies_where_a_patch_fits_one() -> None:
    first = notebook(code("a", "print(df.corr())"))
    second = notebook(code("a", "print(telco_data.corr())"))
    by_patch = change("a", "print(df.corr())", "print(df.corr(numeric_only=True))")
    by_rule = rule(CORR, "020-b")
    for raw, verdict in ((first, Verdict.APPLIED), (second, Verdict.CONFLICT)):
        assert fixes.apply_series(raw, [], [by_patch]).verdicts[0].verdict is verdict
        patched = fixes.apply_series(raw, [], [by_rule])
        assert patched.verdicts[0].verdict is Verdict.APPLIED
        assert "corr(numeric_only=True)" in patched.notebook.cells[0].source
    (missed,) = fixes.apply_series(second, [], [by_patch]).verdicts
    assert missed.nearest == "a: print(telco_data.corr())"


def test_of_two_fixes_on_one_line_the_second_is_a_conflict_or_obsolete() -> None:
    raw = notebook(code("a", "x = 1"))
    done = fixes.apply_series(
        raw, [], [change("a", "x = 1", "x = 2"), change("a", "x = 1", "x = 3", "020-b")]
    )
    assert [one.verdict for one in done.verdicts] == [Verdict.APPLIED, Verdict.CONFLICT]
    same = fixes.apply_series(
        raw, [], [change("a", "x = 1", "x = 2"), change("a", "x = 1", "x = 2", "020-b")]
    )
    assert [one.verdict for one in same.verdicts] == [Verdict.APPLIED, Verdict.OBSOLETE]


def test_a_later_fix_builds_on_an_earlier_one() -> None:
    series = [change("a", "x = 1", "x = 2"), change("a", "x = 2", "x = 3", "020-b")]
    done = fixes.apply_series(notebook(code("a", "x = 1")), [], series)
    assert done.notebook.cells[0].source == "x = 3"
    assert done.notebook.cells[0].fixes == ("010-a", "020-b")
    without = fixes.apply_series(notebook(code("a", "x = 1")), [], series, {"010-a"})
    assert [one.verdict for one in without.verdicts] == [Verdict.SKIPPED, Verdict.CONFLICT]


def test_python_stays_python_and_what_was_none_may_be_mended_in_steps() -> None:
    done = fixes.apply_series(notebook(code("a", "x = 1")), [], [change("a", "x = 1", "x = (")])
    assert (done.verdicts[0].verdict, done.verdicts[0].reason) == (
        Verdict.CONFLICT,
        "a would not be Python",
    )
    series = [change("a", "x = (((", "x = (("), change("a", "x = ((", "x = 1", "020-b")]
    done = fixes.apply_series(notebook(code("a", "x = (((")), [], series)
    assert done.notebook.cells[0].source == "x = 1"


def test_a_condition_that_never_arises_makes_a_fix_obsolete() -> None:
    raw = notebook(code("a", "x = 1"))
    fix = change("a", "x = 1", "x = 2", when="fails: KeyError")
    for results in ([passed("a")], [failed("a", "TypeError", "no KeyErr")], []):
        done = fixes.apply_series(raw, results, [fix])
        assert done.verdicts[0].verdict is Verdict.OBSOLETE
        assert done.verdicts[0].reason == "no raw cell failed with this error (fails: KeyError)"
    done = fixes.apply_series(raw, [failed("a", "KeyError")], [fix])
    assert done.notebook.cells[0].source == "x = 2"


def test_a_conditional_fix_touches_only_the_cells_that_failed_so() -> None:
    raw = notebook(code("a", "df.corr()"), code("b", "df.corr()"), code("c", "df.corr()"))
    results = [passed("a"), failed("b", "ValueError", "could not convert"), failed("c", "KeyError")]
    by_rule = rule(CORR, when="fails: could not .*")
    assert [c.fixes for c in fixes.apply_series(raw, results, [by_rule]).notebook.cells] == [
        (),
        ("010-a-rule",),
        (),
    ]
    by_patch = change("c", "df.corr()", "x", when="fails: ValueError")
    done = fixes.apply_series(raw, results, [by_patch])
    assert [cell.source for cell in done.notebook.cells] == ["df.corr()", "x", "df.corr()"]


@pytest.mark.parametrize(
    ("when", "error", "message", "holds"),
    [
        (When(word="fails"), "KeyError", "x", True),
        (When(word="fails", pattern="KeyError"), "KeyError", "x", True),
        (When(word="fails", pattern="no .* here"), "IndexError", "no Key here", True),
        (When(word="fails", pattern="csr_matrix"), "TypeError", "a csr_matrix is", True),
        (When(word="fails", pattern="Key"), "IndexError", "no Key here", False),
        (When(word="fails", pattern="KeyError"), "ValueError", "KeyError: 'a'", False),
        (When(word="fails", pattern="KeyError"), "IndexError", "x", False),
        (When(word="fails", pattern="^KeyError: 'a'$"), "KeyError", "'a'", True),
    ],
)
def test_conditions(when: When, error: str, message: str, holds: bool) -> None:
    assert conditions.fails_so(when.pattern, failed("a", error, message)) is holds


def test_context_that_failed_is_no_reason_to_touch_a_cell_that_passed() -> None:
    raw = notebook(code("good", "a = 1"), code("bad", "bad()"))
    hunk = "@@ -1,6 +1,6 @@ good\n # %%\n-a = 1\n+a = 2\n \n # %%\n bad()\n \n"
    done = fixes.apply_series(
        raw, [passed("good"), failed("bad", "NameError")], [patch(hunk, when="fails")]
    )
    assert done.verdicts[0].verdict is not Verdict.APPLIED
    assert done.notebook.cells[0].source == "a = 1"


def test_a_cell_that_was_not_run_did_not_fail() -> None:
    result = passed("a").model_copy(update={"status": CellStatus.NOT_RUN})
    assert not conditions.fails_so(None, result)


def test_an_expression_that_never_ends_is_ended() -> None:
    started = time.monotonic()
    assert not conditions.fails_so("(x+x+)+y", failed("a", "E", "x" * 2000))
    assert time.monotonic() - started < 30


def test_code_before_the_first_cell_is_a_conflict() -> None:
    done = fixes.apply_series(
        notebook(code("a", "x = 1")), [], [patch("@@ -1,2 +1,3 @@\n+y = 2\n # %%\n x = 1\n")]
    )
    assert done.verdicts[0].verdict is Verdict.CONFLICT
    assert [cell.source for cell in done.notebook.cells] == ["x = 1"]


def test_changes_give_the_attributed_text_back() -> None:
    raw = notebook(code("a", "x = 1\ny = 2\nz = 3"), code("b", "df.corr()"))
    add = "@@ -4,2 +4,5 @@ a\n z = 3\n+\n+# %%\n+w = 4\n \n"
    series = [change("a", "x = 1", "x = 9"), patch(add, "020-b"), rule(CORR, "030-c")]
    done = fixes.apply_series(raw, [], series)
    again = attribution.again(raw, done.attributed.changes)
    assert again == done.attributed
    assert [cell.id for cell in done.notebook.cells] == ["a", "020-b-1", "b"]
    with pytest.raises(EditedError, match="of another notebook"):
        attribution.again(notebook(raw.cells[0]), again.changes)
