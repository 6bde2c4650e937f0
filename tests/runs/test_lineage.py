"""What a stage reads of the stages before it where no run of them left it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from harness.project import datasets, stages
from harness.project.datasets import Dataset
from harness.runs import lineage
from harness.runs.lineage import SampleKey, Supply
from harness.runs.store import FileStore

MADE = ("clean.csv", "trees.json", "names.json", "plot.png")


@pytest.fixture
def folder(project: Path) -> Path:
    """The first of two stages, whose artifacts have names of their own."""
    for name, text in (
        ("first", f"produces = {json.dumps(MADE)}"),
        ("second", 'needs = ["first"]'),
    ):
        made = project / "prompt_templates" / name
        made.mkdir()
        (made / "stage.toml").write_text(f'title = "T"\nsteps = ["one"]\n{text}\n')
        (made / "one.md.j2").write_text("Go on.")
    return project / "prompt_templates/first"


def refer(folder: Path, roles: str) -> None:
    path = folder / "stage.toml"
    path.write_text(f"{path.read_text()}\n[reference]\n{roles}")


def supply(project: Path, data: Dataset | None = None) -> Supply:
    data = data or datasets.open_dataset(project, "telco")
    sample = SampleKey("0" * 64, data.profile.sha256, "blind", 1)
    stage = stages.load(project, "second")
    return lineage.supply(project, FileStore(project), stage, sample, data, "patched")


def test_the_reference_has_the_names_that_the_stage_gives_its_roles(
    project: Path, folder: Path
) -> None:
    roles = 'table = "clean.csv"\nmodel = "trees.json"\ncolumns = "names.json"\n'
    refer(folder, roles)
    found = supply(project)
    sources = {one.name: one.source for one in found.needs}
    assert sources == dict(zip(MADE, ["reference"] * 3 + ["missing"], strict=True))
    header, *rows = csv.reader(found.paths["clean.csv"].read_text().splitlines())
    columns = json.loads(found.paths["names.json"].read_text())
    assert [*columns, "Churn"] == header
    assert {row[-1] for row in rows} == {"0", "1"}
    assert json.loads(found.paths["trees.json"].read_text())["learner"]["feature_names"] == columns


def test_what_no_role_names_is_missing(project: Path, folder: Path) -> None:
    found = supply(project)
    assert {one.source for one in found.needs} == {"missing"}
    assert found.paths == {}


def test_a_reference_that_cannot_be_made_is_missing_and_says_why(
    project: Path, folder: Path
) -> None:
    refer(folder, 'table = "clean.csv"\nmodel = "trees.json"\n')
    data = datasets.open_dataset(project, "telco")
    data = data.model_copy(update={"spec": data.spec.model_copy(update={"positive": "never"})})
    reasons = {one.name: (one.source, one.reason) for one in supply(project, data).needs}
    assert {source for source, _ in reasons.values()} == {"missing"}
    assert "no row is 'never', the positive value" in reasons["clean.csv"][1]
    assert reasons["trees.json"] == reasons["clean.csv"]
    assert reasons["plot.png"][1] == ""  # nothing stands in for it


def test_a_table_to_explore_has_a_reference_of_its_table_only(project: Path, folder: Path) -> None:
    refer(folder, 'table = "clean.csv"\nmodel = "trees.json"\n')
    dataset = project / "data/telco/dataset.toml"
    kept = re.sub(r"(?m)^(task|positive|positive_means|target) =.*\n", "", dataset.read_text())
    dataset.write_text(kept.partition("[thresholds]")[0])
    found = {one.name: one.source for one in supply(project).needs}
    assert (found["clean.csv"], found["trees.json"]) == ("reference", "missing")
