"""Runs of different work are never added up, and what tells them apart is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness.analysis import comparison, conditions, ledger
from harness.project import stages
from harness.records import Help, Run
from harness.runs import pipeline

OTHER = "9" * 64


@pytest.fixture
def run(project: Path, two_steps: Path, tmp_path: Path) -> Run:
    plan = make_plan(project, stages.load(project, "tiny"))
    model = Model(lambda turns: f"```python\nx = {len(turns)}\n```")
    work = tmp_path / "work"
    return pipeline.run_stage(
        begin(plan, ()), model, make_environment(plan, work), MemoryStore(), Silent()
    )


DIFFERENT = [
    {"dataset": "other", "dataset_sha256": OTHER},
    {"dataset_sha256": OTHER},
    {"stage_sha256": OTHER},
    {"context": "schema"},
    {"context_sha256": OTHER},
    {"help": Help(steer=True)},
]


@pytest.mark.parametrize("change", DIFFERENT)
def test_a_ledger_has_a_line_for_each_kind_of_work(run: Run, change: dict[str, object]) -> None:
    other = run.model_copy(update=change)
    lines = ledger.totals([run, other, run])
    assert sorted(one.runs for one in lines) == [1, 2]
    told = conditions.columns(lines)
    assert len({tuple(cells.items()) for cells in told}) == 2


@pytest.mark.parametrize("change", DIFFERENT)
def test_models_are_compared_on_the_same_work_alone(run: Run, change: dict[str, object]) -> None:
    other = run.model_copy(update=change)
    assert comparison.compare([[run], [other]]).works == ()
    found = comparison.compare([[run, other, run], [other, run]]).works
    assert sorted([side.runs for side in one.models] for one in found) == [[1, 1], [2, 1]]
    assert len({one.title for one in found}) == 2


def test_weights_that_an_entry_had_before_are_apart(run: Run) -> None:
    model = run.model.model_copy(update={"sha256": OTHER})
    before = run.model_copy(update={"model": model})
    assert [one.runs for one in ledger.totals([run, before])] == [1, 1]
    found = comparison.compare([[run, before], [run]]).works
    (work,) = found
    assert [side.runs for side in work.models] == [1, 1, 1]
    assert f"{run.model.name} (99999999)" in {side.model for side in work.models}


def test_stale_runs_are_counted(run: Run) -> None:
    (line,) = ledger.totals([run, run], lambda _: ("the checks changed",))
    assert (line.runs, line.stale) == (2, 2)
    (found,) = comparison.compare([[run], [run]], lambda _: ("the checks changed",)).works
    assert [side.stale for side in found.models] == [1, 1]


def test_runs_that_all_had_the_same_help_have_titles_that_say_so(run: Run) -> None:
    work = conditions.of_run(run).model_copy(update={"help": "2 repairs"})
    assert "2 repairs" in conditions.titles([work])[0]
