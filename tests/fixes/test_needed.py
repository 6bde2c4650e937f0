"""``When: needed``: what works is left as it is, unless a fix says so."""

from __future__ import annotations

import pytest
from notebook_text import code, failed, notebook, passed, patch, rule, words

from harness import fixes
from harness.records import CellStatus, CheckResult, CheckStatus, Verdict

TO_ZERO = "rule: {pattern: $A.median()}\nrewrite: '0'\n"
WORKS = notebook(
    words("said", "Fill with the median.", "quality"),
    code("fill", "x = df['a'].median()", "quality"),
    code("plot", "y = df['b'].median()", "target"),
)
RAN = [passed("fill"), passed("plot")]


def check(status: CheckStatus, *steps: str) -> CheckResult:
    return CheckResult(name="no blanks", status=status, steps=steps)


def sources(fix, results=RAN, *checks: CheckResult) -> list[str]:
    done = fixes.apply_series(WORKS, results, [fix], (), checks)
    return [cell.source for cell in done.notebook.cells]


def test_it_is_what_a_fix_means_that_says_nothing() -> None:
    header = rule(TO_ZERO).path  # only its name is of use
    text = "Description: a\nAuthor: b\nDate: 2026-11-24\nCause: syntax\n"
    for suffix, body in (
        (".yml", TO_ZERO),
        (".patch", "\n--- a/eda.py\n+++ b/eda.py\n@@ -1 +1 @@\n-a\n+b\n"),
    ):
        fix = fixes.files.parse(header.with_suffix(suffix), text + body)
        assert str(fix.when) == "needed"


@pytest.mark.parametrize("status", list(CheckStatus))
def test_a_cell_that_ran_is_changed_only_where_a_check_is_against_it(status: CheckStatus) -> None:
    fix = rule(TO_ZERO, when="needed")
    may_be_right = {CheckStatus.PASSED, CheckStatus.CLAIMED, CheckStatus.UNJUDGED}
    is_left = sources(fix, RAN, check(status)) == list(WORKS.sources.values())
    assert is_left == (status in may_be_right)


def test_a_check_speaks_for_its_steps_alone() -> None:
    fix = rule(TO_ZERO, when="needed")
    against = check(CheckStatus.FAILED, "quality")
    assert sources(fix, RAN, against)[1:] == ["x = 0", "y = df['b'].median()"]
    assert sources(fix, RAN, check(CheckStatus.FAILED, "other")) == list(WORKS.sources.values())


def test_one_that_failed_or_was_not_run_is_changed_whatever_the_checks_say() -> None:
    fix = rule(TO_ZERO, when="needed")
    for result in (
        failed("plot", "KeyError"),
        passed("plot").model_copy(update={"status": CellStatus.NOT_RUN}),
        passed("plot").model_copy(update={"status": CellStatus.TIMEOUT}),
    ):
        changed = sources(fix, [passed("fill"), result], check(CheckStatus.PASSED))
        assert changed[1:] == ["x = df['a'].median()", "y = 0"]


def test_always_says_so() -> None:
    assert sources(rule(TO_ZERO, when="always"))[1:] == ["x = 0", "y = 0"]


def test_why_nothing_is_changed_is_said() -> None:
    fix = rule(TO_ZERO, when="needed")
    (verdict,) = fixes.apply_series(WORKS, RAN, [fix]).verdicts
    assert verdict.verdict is Verdict.OBSOLETE
    assert verdict.reason == "every cell ran, and what it made passes its checks"
    elsewhere = [check(CheckStatus.FAILED, "target")]
    fix = rule("rule:\n  pattern: df['a'].median()\nrewrite: '0'\n", when="needed")
    (verdict,) = fixes.apply_series(WORKS, RAN, [fix], (), elsewhere).verdicts
    assert (verdict.verdict, verdict.reason) == (
        Verdict.OBSOLETE,
        "it matches only cells that work",
    )


HUNKS = {
    "a line": "@@ -5,1 +5,1 @@ fill\n-x = df['a'].median()\n+x = 0\n",
    "a new line": "@@ -5,1 +5,2 @@ fill\n x = df['a'].median()\n+x = 0\n",
    "a new cell at the end": "@@ -8,1 +8,4 @@ plot\n y = df['b'].median()\n+\n+# %%\n+z = 1\n",
    "words": "@@ -2,1 +2,1 @@ said\n-# Fill with the median.\n+# Fill with 0.\n",
}


@pytest.mark.parametrize("name", HUNKS)
def test_no_hunk_is_placed_in_what_works(name: str) -> None:
    for when, applies in (("needed", False), ("fails", False), ("always", True)):
        (one,) = fixes.apply_series(WORKS, RAN, [patch(HUNKS[name], when=when)]).verdicts
        assert (one.verdict is Verdict.APPLIED) == applies, when


def test_a_hunk_reaches_into_no_cell_that_works() -> None:
    both = (
        "@@ -5,4 +5,4 @@ fill\n-x = df['a'].median()\n+x = 0\n \n # %%\n"
        "-y = df['b'].median()\n+y = 0\n"
    )
    one_failed = [failed("fill", "KeyError"), passed("plot")]
    fix = patch(both, when="needed")
    (one,) = fixes.apply_series(WORKS, one_failed, [fix]).verdicts
    assert (one.verdict, one.reason) == (Verdict.OBSOLETE, "its place is in a cell that works")
    both_failed = [failed("fill", "KeyError"), failed("plot", "KeyError")]
    (one,) = fixes.apply_series(WORKS, both_failed, [fix]).verdicts
    assert one.verdict is Verdict.APPLIED


def test_what_a_fix_wrote_may_be_mended_by_the_next() -> None:
    split = "@@ -8,1 +8,4 @@ plot\n y = df['b'].median()\n+\n+# %%\n+z = y.median()\n"
    results = [passed("fill"), failed("plot", "KeyError")]
    series = [patch(split, "010-a", "needed"), rule(TO_ZERO, "020-b", "needed")]
    done = fixes.apply_series(WORKS, results, series)
    assert [cell.source for cell in done.notebook.code] == [
        "x = df['a'].median()",
        "y = 0",
        "z = 0",
    ]
