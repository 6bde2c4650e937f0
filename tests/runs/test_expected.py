"""What a step is to leave, against what a kernel says that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import make_environment, make_plan

from harness.errors import ConfigError
from harness.executors.scripted import ScriptedExecutor
from harness.project import stages
from harness.records import ColumnProfile, Help, Leaves
from harness.runs.expected import Expected
from harness.runs.working import Working

QUIRK = "numbers stored as text: 1 blank values"


def told(project: Path, frame: dict, **leaves: bool) -> list[str]:
    """What is wrong with a frame named ``df`` that the kernel says it holds."""
    plan = make_plan(project, stages.load(project, "tiny"), help=Help(steer=True))
    texts = ColumnProfile(
        name="a", type="text", missing=0, distinct=2, blank=0, levels=(), quirks=(QUIRK,)
    )
    target = ColumnProfile(name="b", type="text", missing=2, distinct=2, blank=0, levels=())
    profile = plan.profile.model_copy(update={"rows": 10, "columns": (texts, target)})
    wanted = Leaves(step=plan.stage.steps[0], name="df", **leaves)
    stage = plan.stage.model_copy(update={"leaves": (wanted,)})
    plan = plan.model_copy(update={"profile": profile, "stage": stage})
    seen = {"variables": [{"name": "df", "type": "pandas.DataFrame", **frame}], "seconds": 0.1}
    executor = ScriptedExecutor(answer=lambda program, question: seen)
    at = make_environment(plan, project)._replace(executor=executor, stage=stage)
    working = Working(plan, at)
    working.kernel.run("df = 1")
    return [one.message for one in Expected(plan, stage.steps[0], working).held()]


def column(name: str, dtype: str, nulls: int = 0) -> dict:
    return {"name": name, "dtype": dtype, "nulls": nulls}


@pytest.mark.parametrize(("rows", "lost"), [(10, False), (8, False), (9, True), (7, True)])
def test_rows_are_those_of_the_table_or_those_with_a_target(
    project: Path, two_steps: Path, rows: int, lost: bool
) -> None:
    frame = {"shape": [rows, 1], "columns": [column("a", "float64")]}
    said = told(project, frame, rows=True)
    assert said == ([f"df has {rows} rows, and should keep 8 to 10"] if lost else [])


def test_numbers_that_are_text_and_missing_values_are_told_by_column(
    project: Path, two_steps: Path
) -> None:
    frame = {"shape": [10, 2], "columns": [column("a", "str"), column("c", "float64", 3)]}
    assert told(project, frame, whole=True, numbers=True) == [
        "column 'a' of df holds text, no numbers",
        "3 values of column 'c' of df are missing",
    ]
    assert told(project, frame) == []


def test_leaves_of_a_step_that_is_none_are_refused(project: Path, two_steps: Path) -> None:
    path = two_steps / "stage.toml"
    path.write_text(path.read_text() + '\n[[leaves]]\nstep = "three"\nname = "df"\n')
    with pytest.raises(ConfigError, match=r"leaves\.0\.step: 'three' is no step"):
        stages.load(project, "tiny")
