"""The run id is of what determines a run, and of nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import make_plan

from harness import steering
from harness.project import stages
from harness.records import ContextSpec, Help, Sampling


def test_the_same_inputs_give_the_same_id(project: Path, two_steps: Path) -> None:
    stage = stages.load(project, "tiny")
    assert make_plan(project, stage).run_id == make_plan(project, stage).run_id


def test_every_input_is_in_the_id(project: Path, two_steps: Path) -> None:
    stage = stages.load(project, "tiny")
    base = make_plan(project, stage)
    model = base.model
    changed = [
        make_plan(project, stage, seed=2),
        make_plan(project, stage, context=ContextSpec(name="schema")),
        make_plan(project, stage, sampling=Sampling(temperature=0.3)),
        make_plan(project, stage, model=model.model_copy(update={"sha256": "2" * 64})),
        make_plan(project, stage, model=model.model_copy(update={"n_ctx": 2000})),
        make_plan(project, stage, model=model.model_copy(update={"chat_format": "phind"})),
        make_plan(project, stage, profile=base.profile.model_copy(update={"sha256": "3" * 64})),
    ]
    (two_steps / "one.md.j2").write_text("Another question.")
    changed.append(make_plan(project, stage))
    ids = {plan.run_id for plan in changed} | {base.run_id}
    assert len(ids) == len(changed) + 1


def test_the_seed_is_not_in_the_line(project: Path, two_steps: Path) -> None:
    stage = stages.load(project, "tiny")
    assert make_plan(project, stage, seed=2).line_id == make_plan(project, stage).line_id


def test_code_that_helps_otherwise_gives_other_runs(
    project: Path, two_steps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stages.load(project, "tiny")
    plain, helped = make_plan(project, stage), make_plan(project, stage, help=Help(steer=True))
    monkeypatch.setattr(steering, "REVISION", steering.REVISION + 1)
    assert make_plan(project, stage, help=Help(steer=True)).run_id != helped.run_id
    assert make_plan(project, stage).run_id == plain.run_id


@pytest.mark.parametrize("name", ["renamed", "other"])
def test_a_models_name_is_not_in_the_id(project: Path, two_steps: Path, name: str) -> None:
    stage = stages.load(project, "tiny")
    base = make_plan(project, stage)
    renamed = base.model.model_copy(update={"name": name})
    assert make_plan(project, stage, model=renamed).run_id == base.run_id
