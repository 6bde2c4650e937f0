"""What a stage reads of the stages before it where no run of them left it."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import REPOSITORY

from harness.project import datasets, stages
from harness.project.datasets import Dataset
from harness.records import Needed, Outcome, Run
from harness.runs import lineage
from harness.runs.lineage import SampleKey, Supply
from harness.runs.store import FileStore, save_record

RUNS = "qwen2.5-coder-1.5b-instruct/eda"
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


@pytest.fixture
def eda(project: Path) -> Run:
    """A stored run of the stage that prepares the table, with fixes."""
    shutil.copytree(REPOSITORY / "generated", project / "generated", dirs_exist_ok=True)
    return next(
        run for _, run in FileStore(project).runs(stage="eda") if run.outcome is Outcome.PATCHED
    )


def table(run: Run, source: str) -> Needed:
    made_by = {"run_id": run.run_id} if source in ("raw", "patched") else {}
    return Needed.model_validate(
        {"name": "prepared.csv", "stage": "eda", "source": source} | made_by
    )


def test_the_cells_that_made_the_prepared_table_are_those_of_the_form_that_is_read(
    project: Path, eda: Run
) -> None:
    raw, patched = (
        lineage.preparation(FileStore(project), [table(eda, form)]) for form in ("raw", "patched")
    )
    notebook = json.loads((REPOSITORY / "generated" / RUNS / eda.run_id / "raw.ipynb").read_text())
    written = ["".join(one["source"]) for one in notebook["cells"] if one["cell_type"] == "code"]
    assert list(raw) == written
    assert raw != patched
    assert len(patched) >= len(raw)


def test_a_table_of_the_reference_was_made_by_no_cells(project: Path, eda: Run) -> None:
    store = FileStore(project)
    gone = table(eda, "raw").model_copy(update={"run_id": "0" * 12})
    for need in (table(eda, "reference"), table(eda, "missing"), gone):
        assert lineage.preparation(store, [need]) == ()


def test_cells_that_read_what_another_stage_made_cannot_be_run_alone(
    project: Path, eda: Run
) -> None:
    store = FileStore(project)
    key, _ = store.find(eda.run_id)
    before = table(eda, "raw")
    save_record(store, key, eda.model_copy(update={"needs": (before,)}))
    assert lineage.preparation(store, [before]) == ()
