"""A kernel beside the writing: steps are told what it holds, and stored as they were asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness.executors.scripted import ScriptedExecutor
from harness.project import prompts, stages
from harness.records import CellStatus, ContextSpec, Help, Message, Run
from harness.runs import pipeline
from harness.runs.plans import Plan

REPLIES = ("```python\nfirst = 1\n```\n```python\nsecond = 2\n```", "```python\nthird = 3\n```")
LIVE = ContextSpec(name="live", brief=True, observes=200)
HELD = {"variables": [{"name": "first", "type": "int", "value": "1"}], "seconds": 0.1}


@pytest.fixture
def plan(project: Path, two_steps: Path) -> Plan:
    return make_plan(project, stages.load(project, "tiny"), context=LIVE)


def answers(turns: Sequence[Message]) -> str:
    return REPLIES[sum(turn.role == "assistant" for turn in turns)]


def go(
    plan: Plan, folder: Path, model: Model, store: MemoryStore, executor: ScriptedExecutor
) -> Run:
    at = make_environment(plan, folder)._replace(executor=executor)
    return pipeline.run_stage(begin(plan), model, at, store, Silent())


def test_a_step_is_told_what_the_cells_before_it_left(plan: Plan, tmp_path: Path) -> None:
    model, store = Model(answers), MemoryStore()
    executor = ScriptedExecutor(answer=lambda program, question: HELD)
    run = go(plan, tmp_path, model, store, executor)
    asked = model.seen[1][-1].content
    assert "first: int = 1" in asked
    assert asked.endswith(plan.prompts[2].content)
    assert model.seen[1][1] == plan.prompts[1]  # the kernel was empty
    assert [reply.asked for reply in run.replies] == [None, asked]
    assert run.replies[1].observation is not None
    assert run.prompts[2].content == asked
    assert json.loads(store.blobs[plan.run_id, "prompts.json"])[2]["content"] == asked
    cells = json.loads(store.blobs[plan.run_id, "raw.ipynb"])["cells"]
    assert "> - first: int = 1\n" in cells[3]["source"]


def test_the_last_run_is_from_the_top(plan: Plan, tmp_path: Path) -> None:
    executor = ScriptedExecutor(answer=lambda program, question: HELD)
    run = go(plan, tmp_path, Model(answers), MemoryStore(), executor)
    beside, cells = ["first = 1", "second = 2"], ["first = 1", "second = 2", "third = 3"]
    assert executor.ran == beside + cells
    assert run.raw is not None
    assert [cell.status for cell in run.raw.cells] == [CellStatus.OK] * 3


def test_an_interrupted_run_asks_the_same_again(plan: Plan, tmp_path: Path) -> None:
    def breaks(turns: Sequence[Message]) -> str:
        if len(turns) > 2:
            raise KeyboardInterrupt
        return answers(turns)

    store, broken, whole = MemoryStore(), Model(breaks), Model(answers)
    executor = ScriptedExecutor(answer=lambda program, question: HELD)
    with pytest.raises(KeyboardInterrupt):
        go(plan, tmp_path, broken, store, executor)
    executor.ran.clear()
    go(plan, tmp_path, whole, store, executor)
    assert whole.seen == [broken.seen[1]]
    assert executor.ran[:2] == ["first = 1", "second = 2"]


class Counting(Model):
    """Its tokens are characters."""

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        return sum(len(turn.content) for turn in conversation)


@pytest.mark.parametrize("room", [100_000, 10])
def test_old_views_are_left_out_where_there_is_no_room(
    plan: Plan, project: Path, tmp_path: Path, room: int
) -> None:
    folder = project / "prompt_templates/tiny"
    (folder / "three.md.j2").write_text("Count again.")
    steps = ("one", "two", "three")
    stage = plan.stage.model_copy(update={"steps": steps})
    model = plan.model.model_copy(update={"n_ctx": room + plan.sampling.max_tokens})
    long = make_plan(project, stage, context=LIVE).model_copy(update={"model": model})
    asks = Counting(lambda turns: "```python\nx = 1\n```")
    run = go(long, tmp_path, asks, MemoryStore(), ScriptedExecutor(answer=lambda *_: HELD))
    last = asks.seen[2]
    assert ("first: int" in last[3].content) is (room > 10)
    assert "first: int" in last[5].content
    assert bool(run.replies[2].completion.notes) is (room == 10)
    assert "first: int" in run.prompts[2].content


def test_a_kernel_that_tells_nothing_is_no_failure(plan: Plan, tmp_path: Path) -> None:
    run = go(plan, tmp_path, Model(answers), MemoryStore(), ScriptedExecutor())
    assert run.prompts == plan.prompts
    assert run.replies[1].observation is not None
    assert run.replies[1].observation.problem


def test_without_need_no_kernel_is_beside(plan: Plan, project: Path, tmp_path: Path) -> None:
    blind = make_plan(project, plan.stage)
    executor = ScriptedExecutor()
    go(blind, tmp_path, Model(answers), MemoryStore(), executor)
    assert executor.ran == ["first = 1", "second = 2", "third = 3"]
    assert not blind.beside
    assert make_plan(project, plan.stage, help=Help(steer=True)).beside


def test_the_view_is_in_the_id_of_those_that_see_it_only(plan: Plan, project: Path) -> None:
    blind = make_plan(project, plan.stage)
    template = project / "prompt_templates/_shared/kernel.md.j2"
    template.write_text(prompts.alone(project, stages.KERNEL) + "Otherwise.")
    assert make_plan(project, plan.stage).run_id == blind.run_id
    assert make_plan(project, plan.stage, context=LIVE).run_id != plan.run_id
