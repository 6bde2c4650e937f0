"""Where the notebooks of a stored run can be run again, and where not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import REPOSITORY
from fakes import Silent

from harness import files
from harness.checks import Evidence
from harness.errors import HarnessError
from harness.executors.scripted import ScriptedExecutor
from harness.project import datasets, stages
from harness.project.datasets import Dataset
from harness.records import Needed, Run, RunKey
from harness.runs import reference
from harness.runs.environment import about_reference, notebook_environment, of_stored_run
from harness.runs.execution import NotebookEnvironment
from harness.runs.lineage import Supply
from harness.runs.store import FileStore
from harness.weights import cache

TEXT = "text {} of its own"  # teaches nothing
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


def odd(project: Path, x: str = "{}") -> Dataset:
    """A dataset of two columns, of which ``x`` is written in this way."""
    folder = project / "data/odd"
    folder.mkdir()
    (folder / "dataset.toml").write_text(
        'description = "D"\ntarget = "y"\npositive = "a"\nfile = "odd.csv"\nholdout = 0.2\n'
    )
    rows = "".join(f"{x.format(i * i)},{'ab'[i * 7 % 3 % 2]}\n" for i in range(200))
    (folder / "odd.csv").write_text(f"x,y\n{rows}")
    return datasets.open_dataset(project, "odd")


def test_checks_are_told_what_the_reference_reaches(project: Path) -> None:
    told = about_reference(odd(project), ())
    assert set(told["reference"].figures) == {"roc_auc", "brier", "log_loss"}
    assert "reference_held" not in told


def test_where_no_reference_can_be_made_checks_are_told_why(project: Path) -> None:
    told = about_reference(odd(project, TEXT), ())
    assert "no column holds numbers, dates or values" in told["reference_problem"]
    assert Evidence.model_fields.keys() >= told.keys() == {"reference_problem"}


def test_who_read_the_references_table_is_given_its_held_out_rows(project: Path) -> None:
    data = odd(project)
    path = reference.made("table", data.spec, data.table)
    digest = files.sha256(path)
    needed = Needed(name="made.csv", stage="eda", source="reference", sha256=digest)
    other = needed.model_copy(update={"sha256": "0" * 64})
    held = about_reference(data, [needed])["reference_held"]
    assert held == reference.held_table(data.spec, data.table)
    assert "reference_held" not in about_reference(data, [other])


def environment(project: Path, stage: str, folder: Path) -> NotebookEnvironment:
    """Of a stage, on a table that no reference can be made of."""
    return notebook_environment(
        stages.load(project, stage),
        odd(project, TEXT),
        Supply((), {}),
        (),
        ScriptedExecutor({}),
        lambda name: files.fresh(folder / name),
        Silent(),
    )


@pytest.mark.parametrize(("artifact", "is_made"), [("model.json", True), ("another", False)])
def test_a_reference_is_made_for_a_check_that_judges_by_it(
    project: Path, tmp_path: Path, artifact: str, is_made: bool
) -> None:
    at = environment(project, "modeling", tmp_path)
    at.check({artifact: b"{}"}, "")
    assert (cache.folder() / "reference").is_dir() == is_made


def test_no_reference_is_made_for_a_check_that_does_not(project: Path, tmp_path: Path) -> None:
    at = environment(project, "eda", tmp_path)
    at.check({"prepared.csv": b"x\n1\n"}, "")
    assert not (cache.folder() / "reference").exists()
