"""Where the notebooks of a stored run can be run again, and where not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import REPOSITORY
from fakes import Silent

from harness.errors import HarnessError
from harness.executors.scripted import ScriptedExecutor
from harness.project import datasets
from harness.records import Run, RunKey
from harness.runs.environment import of_stored_run
from harness.runs.store import FileStore

OLD = json.loads((REPOSITORY / "tests/data/records/schema-2.json").read_text())


@pytest.mark.parametrize(
    ("update", "told"),
    [
        ({}, "chosen by another rule now"),
        ({"synthetic": False}, "was made with another table"),
        ({"holdout_rule": 3}, "was made with its synthetic twin"),
    ],
)
def test_why_a_run_cannot_be_run_again(project: Path, update: dict[str, object], told: str) -> None:
    run = Run.model_validate({**OLD, **update})
    key = RunKey(model="m", stage=run.stage, run_id=run.run_id)
    with pytest.raises(HarnessError, match=told):
        of_stored_run(project, run, FileStore(project), key, ScriptedExecutor({}), Silent())


def test_the_profile_says_by_which_rule_rows_were_held_out(project: Path) -> None:
    assert datasets.open_dataset(project, "telco").profile.holdout_rule == 3
    path = project / "data/telco/dataset.toml"
    path.write_text(path.read_text().replace("share = 0.2", "share = 0"))
    assert datasets.open_dataset(project, "telco").profile.holdout_rule is None
