"""Held-out rows judge, and never choose: nothing of them is in a prompt or in what is kept."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_plan

from harness.executors.kernels import KernelExecutor
from harness.executors.sandbox import BWRAP
from harness.project import datasets, stages
from harness.project.datasets import Dataset
from harness.records import Help, Message, Outcome
from harness.runs import feedback, pipeline
from harness.runs.environment import notebook_environment
from harness.runs.lineage import Supply

MARKER = "heldoutmarker"
CODE = "```python\nopen('out.csv', 'w').write('a\\n1\\n')\n```"
# Quotes whatever it is given, and counts how many labels are held out.
NOSY = """
def check(artifacts, table, held):
    told = held.read_text()
    yield "nosy", False, float(len(told.splitlines())), told[-250:]
"""


@pytest.fixture
def data(project: Path) -> Dataset:
    folder = project / "data" / "people"
    folder.mkdir()
    (folder / "dataset.toml").write_text(
        'description = "People"\nfile = "people.csv"\ntarget = "left"\npositive = "yes"\n'
        "holdout = { share = 0.2 }\n"
    )
    rows = [f"p{i},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(400)]
    (folder / "people.csv").write_text("\n".join(["name,age,left", *rows]) + "\n")
    return datasets.open_dataset(project, "people")


def rows_of(path: Path | None) -> list[list[str]]:
    assert path is not None
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_rows_that_speak_are_visible_ones(data: Dataset) -> None:
    part = feedback.part(data)
    visible, held = rows_of(data.table.visible), rows_of(data.table.held)
    spoken = rows_of(part.table.held)
    assert spoken[0] == visible[0]
    assert 40 < len(spoken) < 100
    assert all(row in visible for row in spoken)
    assert not [row for row in spoken[1:] if row in held]
    assert rows_of(part.table.visible) == visible
    assert part.table.path == data.table.visible


def test_without_held_out_rows_none_are_made_up(data: Dataset) -> None:
    whole = data.model_copy(update={"table": data.table.model_copy(update={"held": None})})
    assert feedback.part(whole).table.held is None


def test_no_held_out_row_reaches_a_prompt_or_a_choice(
    project: Path, two_steps: Path, data: Dataset, tmp_path: Path
) -> None:
    held = tmp_path / "held.csv"
    header, *rows = rows_of(data.table.held)
    held.write_text(
        "\n".join([",".join(header), *(f"{MARKER},9,yes" for _ in range(2 * len(rows)))]) + "\n"
    )
    marked = data.model_copy(update={"table": data.table.model_copy(update={"held": held})})
    (two_steps / "nosy.py").write_text(NOSY)
    config = two_steps / "stage.toml"
    check = '[[checks]]\nkind = "python"\nartifact = "out.csv"\nfile = "nosy.py"\n'
    config.write_text(config.read_text() + check)
    stage = stages.load(project, "tiny")
    plan = make_plan(
        project, stage, help=Help(repair=1), dataset=data.spec, profile=data.profile,
        table=data.table.visible,
    )  # fmt: skip
    work = tmp_path / "work"

    def fresh(name: str) -> Path:
        folder = work / f"{name}{len(list(work.glob('*'))) if work.exists() else 0}"
        folder.mkdir(parents=True)
        return folder

    supply = Supply((), {})
    executor = KernelExecutor(BWRAP)
    at = notebook_environment(stage, marked, supply, (), executor, fresh, Silent())
    store = MemoryStore()

    def answer(turns: Sequence[Message]) -> str:
        return CODE.replace("1", str(len(turns)))

    model = Model(answer)
    run = pipeline.run_stage(begin(plan), model, at, store, Silent(), lambda: model)
    assert run.raw is not None
    assert run.outcome is Outcome.FAILED
    assert MARKER in run.raw.checks[0].message, "held-out rows judge"
    asked = [turn.content for turns in model.seen for turn in turns]
    spoken = [text for text in asked if "nosy" in text]
    assert spoken, "the check speaks, on rows of its own"
    assert not [text for text in asked if MARKER in text]
    assert run.repaired is not None
    assert MARKER not in run.repaired.model_copy(update={"execution": run.raw}).model_dump_json(
        exclude={"execution"}
    )
    assert MARKER not in store.blobs[plan.run_id, "repairs.json"].decode()
