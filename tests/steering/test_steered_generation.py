"""Steps that are steered: who is asked, what is kept of it, and what an onlooker hears."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness.executors.scripted import ScriptedExecutor
from harness.ports import Watcher
from harness.project import stages
from harness.records import CellOutcome, CellStatus, Help, Run, SteeringKind
from harness.runs import pipeline
from harness.runs.plans import Plan

CODE = "```python\nx = s.best_\ny = 1\n```\n"
GOOD = "```python\nx = s.best\ny = 1\n```\n"
FAILED = CellOutcome(status=CellStatus.ERROR, error="AttributeError", message="no 'best_'")


class Watched(Model):
    """A Model that shows its reply whole, and writes GOOD wherever it is stepped back."""

    def __init__(self, steering: SteeringKind) -> None:
        super().__init__(lambda turns: CODE)
        self.steering = steering

    def complete(self, *args: Any, watchers: Sequence[Watcher] = (), **more: Any):
        (done,) = super().complete(*args, **more)
        for watcher in watchers:
            assert watcher.look(CODE, ended=True) is not None
            done = done.model_copy(update={"text": GOOD})
            assert watcher.look(GOOD, ended=True) is None
        return [done]


@pytest.fixture
def plan(project: Path, two_steps: Path) -> Plan:
    for step in ("one", "two"):  # what is asked for and not there would be told
        (two_steps / f"{step}.md.j2").write_text("Go on.")
    return make_plan(project, stages.load(project, "tiny"), help=Help(steer=True))


def go(plan: Plan, folder: Path, kind: SteeringKind, reporter: Silent) -> Run:
    folder.mkdir()
    at = make_environment(plan, folder, None, reporter)
    at = at._replace(executor=ScriptedExecutor({"x = s.best_": FAILED}))
    return pipeline.run_stage(begin(plan), Watched(kind), at, MemoryStore(), reporter)


@pytest.mark.parametrize("kind", [SteeringKind.TOKENS, SteeringKind.PREFIX])
def test_a_steered_step_keeps_what_was_taken_back(
    plan: Plan, tmp_path: Path, kind: SteeringKind
) -> None:
    reporter = Silent()
    run = go(plan, tmp_path / "w", kind, reporter)
    for reply in run.replies:
        assert reply.completion.text == GOOD
        assert reply.steered is not None
        assert reply.steered.kind is kind
        assert [one.message for one in reply.steered.taken_back] == ["no 'best_'"]
    assert len(reporter.taken_back) == 2


def test_an_engine_that_cannot_be_steered_says_so_once(plan: Plan, tmp_path: Path) -> None:
    run = go(plan, tmp_path / "w", SteeringKind.NONE, Silent())
    notes = [len(reply.completion.notes) for reply in run.replies]
    assert notes == [1, 0]
    assert {reply.completion.text for reply in run.replies} == {CODE}
    assert {reply.steered.kind for reply in run.replies if reply.steered} == {SteeringKind.NONE}
