"""Verdicts that rest on something that is another one now are found out; others are left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness import fixes
from harness.project import datasets, stages
from harness.records import Run
from harness.runs import pipeline
from harness.runs.staleness import Staleness

RULE = """\
Description: Print what was counted
Author: A person
Date: 2026-03-01
Cause: under-specified
When: always
rule:
  pattern: x = $N
rewrite: x = $N + 1
"""


@pytest.fixture
def judged(project: Path, two_steps: Path, tmp_path: Path) -> Run:
    """A run of the project as it stands, patched by one fix."""
    folder = project / "fixes" / "tiny"
    folder.mkdir(parents=True)
    (folder / "010-add-one.yml").write_text(RULE)
    data = datasets.open_dataset(project, "telco")
    stage = stages.load(project, "tiny")
    plan = make_plan(project, stage, dataset=data.spec, profile=data.profile)
    state = begin(plan, fixes.series(project, "tiny", "telco"))
    model = Model(lambda turns: f"```python\nx = {len(turns)}\n```")
    environment = make_environment(plan, tmp_path / "work")
    return pipeline.run_stage(state, model, environment, MemoryStore(), Silent())


def reasons(project: Path, run: Run) -> tuple[str, ...]:
    return Staleness(project).of_run(run)


def test_what_nothing_changed_under_is_current(project: Path, judged: Run) -> None:
    assert judged.patched is not None
    assert reasons(project, judged) == ()


def test_other_fixes_make_a_patched_run_stale(project: Path, judged: Run) -> None:
    path = project / "fixes/tiny/010-add-one.yml"
    path.write_text(RULE.replace("+ 1", "+ 2"))
    assert reasons(project, judged) == ("the fixes changed",)
    path.unlink()
    assert reasons(project, judged) == ("a fix is gone (010-add-one)",)
    raw = judged.model_copy(update={"patched": None})
    assert reasons(project, raw) == ()


def test_only_fixes_that_the_run_gets_make_it_stale(project: Path, judged: Run) -> None:
    foreign = project / "fixes/tiny/020-more.yml"
    foreign.write_text(RULE.replace("When", "Dataset: penguins\nWhen"))
    (project / "fixes/library/999-more.yml").write_text(RULE)
    assert reasons(project, judged) == ()
    (project / "fixes/series.toml").write_text("library = true\n")
    assert reasons(project, judged) == ("the fixes changed",)
    (project / "fixes/series.toml").write_text("library = false\n")
    foreign.write_text(RULE.replace("When", "Dataset: telco\nWhen"))
    assert reasons(project, judged) == ("the fixes changed",)


def test_other_limits_checks_and_rows_make_a_run_stale(project: Path, judged: Run) -> None:
    stage = project / "prompt_templates/tiny/stage.toml"
    stage.write_text(stage.read_text().replace("disk_mb = 64", "disk_mb = 65"))
    assert reasons(project, judged) == ("the limits changed",)
    stage.write_text(
        stage.read_text().replace("disk_mb = 65", "disk_mb = 64")
        + '[[checks]]\nkind = "table"\nartifact = "out.csv"\n'
    )
    assert reasons(project, judged) == ("the checks changed",)
    table = project / "data/telco/telco_synthetic.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:-50]))
    assert reasons(project, judged) == ("the dataset changed", "the checks changed")


def test_what_is_gone_or_broken_is_said_or_tells_nothing(project: Path, judged: Run) -> None:
    stage = project / "prompt_templates/tiny/stage.toml"
    whole = stage.read_text()
    stage.write_text("[")
    assert reasons(project, judged) == ()
    stage.write_text(whole)
    shutil.rmtree(project / "data/telco")
    assert reasons(project, judged) == ("the dataset is gone",)
    shutil.rmtree(stage.parent)
    assert reasons(project, judged) == ("the dataset is gone", "the stage is gone")
