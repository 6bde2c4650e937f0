"""What is said at the end of a run: short, and all of it on request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import REPOSITORY
from notebook_text import failed, passed

from harness.cli import facts, outcome, show
from harness.records import (
    CellResult,
    CheckResult,
    CheckStatus,
    Execution,
    FixVerdict,
    Outcome,
    Run,
    RunKey,
    Verdict,
)
from harness.runs import patching
from harness.runs.store import FileStore

TRACEBACK = (
    "KeyError Traceback (most recent call last)\nCell In[2], line 7\n----> 7 df['b'].mean()\n\n"
    "File /lib/pandas/base.py:3816, in get_loc(self, key)\n-> 3816     raise KeyError(key)\n\n"
    "KeyError: 'b'"
)
BROKEN = failed("b", "KeyError", "'b'").model_copy(update={"traceback": TRACEBACK})


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    monkeypatch.setattr(show, "out", show.console(stderr=False))  # of the captured output
    yield
    show.set_level(show.Level.NORMAL)


@pytest.fixture
def stored() -> tuple[RunKey, Run]:
    """A real run to which fixes were applied, whose outcome each test replaces."""
    return next(one for one in FileStore(REPOSITORY).runs(stage="eda") if mended(one[1]))


def mended(run: Run) -> bool:
    verdicts = run.patched.verdicts if run.patched else ()
    return any(one.verdict is Verdict.APPLIED for one in verdicts)


def check(name: str, status: CheckStatus) -> CheckResult:
    return CheckResult(name=name, status=status, message=f"about {name}")


def execution(*cells: CellResult, checks: tuple[CheckResult, ...] = ()) -> Execution:
    return Execution(sandbox="3 bwrap", seconds=1.0, cells=cells, checks=checks)


def ended(run: Run, how: Outcome, raw: Execution | None, patched: Execution | None = None) -> Run:
    patching = run.patched.model_copy(update={"execution": patched}) if run.patched else None
    changes = {"outcome": how, "raw": raw, "patched": patching if patched else None}
    return run.model_copy(update=changes)


GOOD, BAD, NOT_RUN = (
    check("rows", CheckStatus.PASSED),
    check("blanks", CheckStatus.SUSPECT),
    check("auc", CheckStatus.NOT_RUN),
)


@pytest.mark.parametrize(
    ("how", "raw", "patched", "phrase"),
    [
        (Outcome.RAW, execution(passed("a")), None, "passed as written"),
        (Outcome.PATCHED, execution(BROKEN), execution(passed("b")), "passed with fixes"),
        (Outcome.INCOMPLETE, None, None, "incomplete"),
        (Outcome.FAILED, execution(BROKEN), None, "failed: 1 cell"),
        (Outcome.FAILED, execution(), None, "failed: no code to run"),
        (
            Outcome.FAILED,
            execution(BROKEN, failed("c", "NameError")),
            execution(BROKEN, passed("c"), checks=(GOOD, BAD, NOT_RUN)),
            "failed: 2 checks, 1 cell",
        ),
    ],
)
def test_the_outcome_is_a_phrase_about_the_last_notebook(
    stored: tuple[RunKey, Run],
    how: Outcome,
    raw: Execution | None,
    patched: Execution | None,
    phrase: str,
) -> None:
    assert str(facts.outcome(ended(stored[1], how, raw, patched))) == phrase


def test_what_failed_is_said_with_the_error_and_the_line_that_matter(
    stored: tuple[RunKey, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    key, run = stored
    last = execution(passed("a"), BROKEN, checks=(GOOD, BAD))
    outcome.finish(ended(run, Outcome.FAILED, last, last), key, FileStore(REPOSITORY))
    said = capsys.readouterr().out
    assert "Failed    b  KeyError: 'b'\n          In [2], line 7: df['b'].mean()\n" in said
    assert "Check     blanks: suspect (about blanks)\n" in said
    assert "pandas" not in said
    assert "about rows" not in said
    assert said.endswith(f"harness fixes capture {run.run_id}\n")


def test_what_is_claimed_fails_nothing_and_is_said(
    stored: tuple[RunKey, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    key, run = stored
    done = execution(passed("a"), checks=(GOOD, check("tuned", CheckStatus.CLAIMED)))
    assert patching.outcome_of(ended(run, Outcome.FAILED, done)) is Outcome.RAW
    outcome.finish(ended(run, Outcome.RAW, done), key, FileStore(REPOSITORY))
    said = capsys.readouterr().out
    assert "Outcome   passed as written\n" in said
    assert "Check     tuned: claimed (about tuned)\n" in said


def test_only_fixes_that_were_applied_or_in_conflict_have_a_line(
    stored: tuple[RunKey, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    key, run = stored
    assert run.patched is not None
    named = {one.fix: one.verdict for one in run.patched.verdicts}
    outcome.finish(run, key, FileStore(REPOSITORY))
    said = capsys.readouterr().out
    telling = [fix for fix, v in named.items() if v in (Verdict.APPLIED, Verdict.CONFLICT)]
    assert [fix for fix in named if f"\n{fix} " in said] == telling
    obsolete = sum(verdict is Verdict.OBSOLETE for verdict in named.values())
    assert f"Other fixes: {obsolete} obsolete\n" in said


def test_everything_is_said_on_request(
    stored: tuple[RunKey, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    key, run = stored
    show.set_level(show.Level.VERBOSE)
    outcome.finish(run, key, FileStore(REPOSITORY))
    said = capsys.readouterr().out
    assert run.raw is not None
    assert run.patched is not None
    verdicts: tuple[FixVerdict, ...] = run.patched.verdicts
    assert all(f"\n{cell.cell} " in said for cell in run.raw.cells)
    assert all(f"\n{one.fix} " in said for one in verdicts)
    assert all(f"Check     {one.name}: " in said for one in run.patched.execution.checks)
    labels = {line.split()[0] for line in said.splitlines() if line[:1].isupper()}
    assert labels >= {"Outcome", "Cells", "Fixed", "Human", "Replies", "Sandbox", "Machine"}


def test_quiet_leaves_the_outcome_and_the_notebook(
    stored: tuple[RunKey, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    key, run = stored
    show.set_level(show.Level.QUIET)
    outcome.finish(run, key, FileStore(REPOSITORY))
    labels = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert labels == ["Outcome", "Cells", "Notebook"]
