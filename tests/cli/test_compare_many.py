"""``harness compare`` with more models than stand beside each other in a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Cli, Tty
from fakes import Model, Silent, begin, make_environment, make_plan

from harness.project import stages
from harness.records import CellStatus, Outcome, RunKey
from harness.runs import pipeline
from harness.runs.store import FileStore, save_record

MODELS = ("codellama-7b-instruct", "qwen2.5-coder-1.5b-instruct", "new-coder", "other")


@pytest.fixture
def _made(project: Path, two_steps: Path) -> None:
    """Each model's run in two contexts; the second step of the third alone runs."""
    store = FileStore(project)
    plan = make_plan(project, stages.load(project, "tiny"))
    model = Model(lambda turns: f"```python\nx = {len(turns)}\n```")
    at = make_environment(plan, store.work_folder(plan.key))
    run = pipeline.run_stage(begin(plan, ()), model, at, store, Silent())
    assert run.raw is not None
    first, second = run.raw.cells
    broken = second.model_copy(update={"status": CellStatus.ERROR, "error": "KeyError"})
    failed = run.raw.model_copy(update={"cells": (first, broken)})
    for number, name in enumerate(MODELS):
        for context in ("blind", "schema"):
            update = {
                "run_id": f"{name[:3]}{context}",
                "context": context,
                "model": run.model.model_copy(update={"name": name, "sha256": str(number) * 64}),
            }
            if name != "new-coder":
                update |= {"raw": failed, "outcome": Outcome.FAILED}
            key = RunKey(model=name, stage=run.stage, run_id=str(update["run_id"]))
            save_record(store, key, run.model_copy(update=update))


@pytest.mark.usefixtures("_made")
def test_many_models_have_a_line_each_and_fit_the_terminal(tty: Tty, cli: Cli) -> None:
    for columns in (80, 120):
        shown = tty("-q", "compare", "code", "qwen", "new", "other", columns=columns)
        assert max(map(len, shown.split("\n"))) <= columns
        rows = [line.split() for line in shown.split("\n")]
        assert sum(row[:1] == ["new-coder"] for row in rows) >= 2
        assert rows.count(["step", "two", "new-coder", "1", "of", "1"]) == 2
    told = json.loads(cli("compare", "new", "code", "qwen", "--json").stdout)
    assert told["models"] == ["new-coder", *MODELS[:2]]
    assert {gap["mean"] for gap in told["overall"] if gap["measure"] == "cells"} == {-0.5}
    page = cli("compare", *MODELS, "--html", "-").stdout
    assert page.count("<th>cells ok</th>") == 2
    assert "All work in common" in page
