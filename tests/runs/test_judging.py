"""What checks are given: artifacts as they were made, and what the cells printed, now and later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan
from notebook_text import rule

from harness.errors import StoreError
from harness.notebooks import printed
from harness.project import stages
from harness.records import (
    CellOutcome,
    CellStatus,
    CheckResult,
    CheckStatus,
    Outcome,
    Verdict,
)
from harness.runs import judging, patching, pipeline
from harness.runs.execution import NotebookEnvironment
from harness.runs.remaining import Remaining, RunState

LOG = "Trial 0 finished with value: 0.8\n"
OUTPUTS = (
    {"output_type": "stream", "name": "stderr", "text": LOG},
    {"output_type": "display_data", "data": {"text/plain": "no print"}, "metadata": {}},
)


def test_checks_hear_what_the_cells_printed_when_they_run_and_when_they_are_judged_again(
    project: Path, two_steps: Path, tmp_path: Path
) -> None:
    plan, store = make_plan(project, stages.load(project, "tiny")), MemoryStore()
    heard: list[tuple[set[str], str]] = []

    def check(made: Mapping[str, bytes], shown: str) -> tuple[CheckResult, ...]:
        heard.append((set(made), shown))
        return (CheckResult(name="tuned", status=CheckStatus.CLAIMED),)

    (tmp_path / "out.csv").write_text("a\n1\n")
    outcomes = {"x = 1": CellOutcome(status=CellStatus.OK, outputs=OUTPUTS)}
    at = make_environment(plan, tmp_path, outcomes)._replace(check=check)
    model = Model(lambda turns: "```python\nx = 1\n```")
    run = pipeline.run_stage(begin(plan), model, at, store, Silent())
    assert run.outcome is Outcome.RAW
    other = at._replace(checks_sha256="f" * 64)
    again = judging.judge(plan.key, run, other, store)
    assert again.raw is not None
    assert again.raw.checks_sha256 == "f" * 64
    assert judging.judge(plan.key, again, other, store) is again
    (names, shown), (names_later, shown_later) = heard
    assert names == names_later == {"out.csv"}
    assert shown == shown_later
    assert shown.count(LOG) == 2  # one of each step
    store.blobs[plan.run_id, "artifacts/raw/out.csv"] = b"another"
    assert judging.lacks_artifacts(plan.key, run, other, store)
    assert not judging.lacks_artifacts(plan.key, again, other, store)
    with pytest.raises(StoreError, match="another than it was"):
        judging.judge(plan.key, run, other, store)


def test_fixes_follow_what_the_checks_say_now(
    project: Path, two_steps: Path, tmp_path: Path
) -> None:
    plan, store = make_plan(project, stages.load(project, "tiny")), MemoryStore()
    series = (rule("rule: {pattern: x = 1}\nrewrite: x = 2\n", when="needed"),)

    def judged(status: CheckStatus, sha256: str) -> NotebookEnvironment:
        found = CheckResult(name="rows", status=status, steps=("one",))
        at = make_environment(plan, tmp_path)
        return at._replace(check=lambda made, shown: (found,), checks_sha256=sha256 * 64)

    model = Model(lambda turns: "```python\nx = 1\n```")
    at = judged(CheckStatus.FAILED, "a")
    run = pipeline.run_stage(begin(plan, series), model, at, store, Silent())
    assert run.patched is not None
    assert [place.cell for place in run.patched.verdicts[0].places] == ["one-001"]
    at = judged(CheckStatus.PASSED, "b")
    state = RunState(plan, run, series, Remaining.CHECK)
    run = pipeline.run_stage(state, None, at, store, Silent())
    assert run.patched is not None
    assert run.patched.verdicts[0].verdict is Verdict.OBSOLETE
    assert run.outcome is Outcome.RAW
    assert patching.is_current(run, series)


def test_a_notebook_that_cannot_be_read_printed_nothing() -> None:
    for blob in (None, b"", b"[]", b'{"cells": 3}', b"\xff"):
        assert printed.of_stored(blob, Path("raw.ipynb")) == ""
