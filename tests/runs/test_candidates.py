"""Versions of a step: the best goes on, all are kept, and there is one kernel at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import (
    AnyEngine,
    Asked,
    MemoryStore,
    Silent,
    begin,
    completion,
    make_environment,
    make_plan,
)
from python_sessions import PythonExecutor

from harness import files
from harness.project import stages
from harness.records import (
    CheckResult,
    CheckStatus,
    Completion,
    Help,
    Run,
    Sampling,
    SteeringKind,
)
from harness.runs import candidates, generation, pipeline
from harness.runs.execution import NotebookEnvironment
from harness.runs.plans import Plan
from harness.runs.remaining import RunState

SEEDS = candidates.seeds(1, 3)
GOOD = "rows = 1"
EMPTY = "pass"
BROKEN = "rows = missing"


class Versions(AnyEngine):
    """An engine that answers by step and place of the seed, and notes what it was asked."""

    def __init__(self, *steps: Sequence[str], stops_at: int | None = None) -> None:
        self._steps = [[f"```python\n{one}\n```" for one in versions] for versions in steps]
        self._stops_at = stops_at
        self.asked: list[tuple[int, tuple[int, ...]]] = []  # step, seeds
        self.sampled: list[Sampling] = []

    def answers(self, asked: Asked) -> list[Completion]:
        step = sum(one.role == "user" for one in asked.conversation) - 1
        if step == self._stops_at:
            raise KeyboardInterrupt
        self.asked.append((step, asked.seeds))
        self.sampled.append(asked.sampling)
        made = []
        for number, seed in enumerate(asked.seeds):
            text = self._steps[step][SEEDS.index(seed)]
            if asked.watchers:
                asked.watchers[number].look(text, ended=True)
            made.append(completion(text, seed, likelihood=-1.0))
        return made


class Steered(Versions):
    steering = SteeringKind.TOKENS


@pytest.fixture
def plan(project: Path, two_steps: Path) -> Plan:
    (two_steps / "one.md.j2").write_text("Count the rows as `rows`.")
    (two_steps / "two.md.j2").write_text('Write `rows` to "out.csv".')
    return make_plan(project, stages.load(project, "tiny"), help=Help(candidates=3))


def place(plan: Plan, tmp_path: Path) -> tuple[NotebookEnvironment, PythonExecutor]:
    executor = PythonExecutor()
    at = make_environment(plan, tmp_path)._replace(
        executor=executor, fresh=lambda: files.fresh(tmp_path / "work"), inputs={}
    )
    return at, executor


def written(plan: Plan, engine: Versions, tmp_path: Path, store: MemoryStore | None = None) -> Run:
    at, _ = place(plan, tmp_path)
    return pipeline.write(plan, None, engine, at, store or MemoryStore(), Silent())


WRITES = "import pathlib\npathlib.Path('out.csv').write_text(str(rows))"


def test_the_best_goes_on_and_all_are_kept(plan: Plan, tmp_path: Path) -> None:
    run = written(plan, Versions([EMPTY, GOOD, BROKEN], [BROKEN, EMPTY, WRITES]), tmp_path)
    assert [one.completion.seed for one in run.replies] == [SEEDS[1], SEEDS[2]]
    first = run.replies[0].candidates
    assert [one.completion.seed for one in first] == list(SEEDS)
    assert [(one.cells_ok, one.cells) for one in first] == [(1, 1), (1, 1), (0, 1)]
    assert [one.lacking for one in first] == [("rows",), (), ("rows",)]
    assert [one.lacking for one in run.replies[1].candidates] == [("out.csv",), ("out.csv",), ()]


def test_the_next_step_goes_on_from_what_the_best_one_left(plan: Plan, tmp_path: Path) -> None:
    seen = "assert rows == 2 and not [one for one in dir() if one == 'other']"
    versions = ["rows = other = 1\nraise ValueError", "rows = 2", "other = 3"]
    run = written(plan, Versions(versions, [seen, EMPTY, EMPTY]), tmp_path)
    assert run.replies[0].completion.seed == SEEDS[1]
    assert run.replies[1].candidates[0].cells_ok == 1


def test_the_same_again_is_the_same(plan: Plan, tmp_path: Path) -> None:
    steps = ([EMPTY, GOOD, GOOD], [WRITES, WRITES, WRITES])
    runs = [written(plan, Versions(*steps), tmp_path / str(n)) for n in (1, 2)]
    assert runs[0].replies == runs[1].replies
    assert runs[0].replies[0].completion.seed == SEEDS[1]  # the first of two that are alike


def test_there_is_one_kernel_however_many_versions(plan: Plan, tmp_path: Path) -> None:
    at, executor = place(plan, tmp_path)
    engine = Versions([GOOD, BROKEN, GOOD], [WRITES, EMPTY, BROKEN])
    pipeline.write(plan, None, engine, at, MemoryStore(), Silent())
    assert executor.most == 1
    assert executor.open == 0
    assert executor.started <= 7


def test_versions_that_are_written_outlive_an_interruption(plan: Plan, tmp_path: Path) -> None:
    store = MemoryStore()
    steps = ([EMPTY, GOOD, BROKEN], [EMPTY, WRITES, EMPTY])
    with pytest.raises(KeyboardInterrupt):
        written(plan, Versions(*steps, stops_at=1), tmp_path, store)
    assert [one.step for one in generation.stored(plan, store)] == ["one"]
    going = Versions(*steps)
    whole = written(plan, going, tmp_path, store)
    assert going.asked == [(1, SEEDS[:1]), (1, SEEDS[1:])]
    assert whole.replies == written(plan, Versions(*steps), tmp_path).replies


def test_an_interruption_between_versions_loses_none(plan: Plan, tmp_path: Path) -> None:
    store = MemoryStore()
    at, _ = place(plan, tmp_path)

    with pytest.raises(KeyboardInterrupt):
        pipeline.write(
            plan,
            None,
            Versions([EMPTY, GOOD, "raise KeyboardInterrupt"], [WRITES] * 3),
            at,
            store,
            Silent(),
        )
    assert len(generation.begun(plan, store)["one"]) == 3
    going = Versions([EMPTY, GOOD, BROKEN], [WRITES] * 3)
    with pytest.raises(KeyboardInterrupt):  # as it is stored, and not as it would be written now
        written(plan, going, tmp_path, store)
    assert going.asked == []


def test_checks_speak_by_what_a_model_may_see(plan: Plan, tmp_path: Path) -> None:
    at, _ = place(plan, tmp_path)
    heard: list[bytes] = []

    def advise(made, printed: str) -> tuple[CheckResult, ...]:
        heard.append(made["out.csv"])
        status = CheckStatus.PASSED if made["out.csv"] == b"7" else CheckStatus.FAILED
        return (CheckResult(name="seven", status=status, message="", steps=("two",)),)

    def judge(made, printed: str) -> tuple[CheckResult, ...]:
        raise AssertionError("the held-out rows choose nothing")

    stage = plan.stage.model_copy(update={"checks": ("seven",)})
    at = at._replace(feedback=advise, check=judge, stage=stage)
    write = "import pathlib\npathlib.Path('out.csv').write_text('{}')"
    engine = Versions([GOOD] * 3, [write.format(6), write.format(7), write.format(8)])
    run = pipeline.write(plan, None, engine, at, MemoryStore(), Silent())
    assert run.replies[1].completion.seed == SEEDS[1]
    assert run.replies[1].candidates[0].lacking == ("seven",)
    assert heard == [b"6", b"7", b"8"]


def test_steered_versions_each_have_a_judge(plan: Plan, tmp_path: Path) -> None:
    plan = plan.model_copy(update={"help": Help(steer=True, candidates=3)})
    engine = Steered([BROKEN, GOOD, EMPTY], [EMPTY, WRITES, EMPTY])
    run = written(plan, engine, tmp_path)
    tried = [(seed,) for seed in SEEDS[:2]]  # nothing is known against the second one
    assert [seeds for _, seeds in engine.asked] == tried * 2
    assert [one.completion.seed for one in run.replies] == [SEEDS[1], SEEDS[1]]
    judged = [one.steered for one in run.replies[0].candidates]
    assert all(one is not None and one.kind is SteeringKind.TOKENS for one in judged)
    first = run.replies[0].candidates[0]
    assert (first.cells_ok, first.cells) == (0, 1)


def test_the_notebook_shows_the_chosen_one(plan: Plan, tmp_path: Path) -> None:
    at, _ = place(plan, tmp_path)
    store = MemoryStore()
    state = RunState(*begin(plan))
    engine = Versions([EMPTY, GOOD, BROKEN], [EMPTY, EMPTY, WRITES])
    run = pipeline.run_stage(state, engine, at, store, Silent())
    book = store.blobs[plan.run_id, "raw.ipynb"].decode()
    assert "rows = 1" in book
    assert "missing" not in book
    assert run.raw is not None
    assert [one.status.value for one in run.raw.cells] == ["ok", "ok"]


def test_other_versions_are_drawn_from_further_afield(plan: Plan, tmp_path: Path) -> None:
    engine = Versions([GOOD] * 3, [WRITES] * 3)
    written(plan, engine, tmp_path)
    own = plan.sampling
    assert own.temperature < candidates.WARM
    assert engine.sampled == [own, own.model_copy(update={"temperature": candidates.WARM})] * 2


def test_a_check_of_what_a_later_step_writes_says_nothing_yet(plan: Plan, tmp_path: Path) -> None:
    at, _ = place(plan, tmp_path)

    def advise(made, printed: str) -> tuple[CheckResult, ...]:
        return (CheckResult(name="later", status=CheckStatus.NOT_RUN, message="no model.json"),)

    stage = plan.stage.model_copy(update={"checks": ("later",)})
    engine = Versions([GOOD] * 3, [WRITES] * 3)
    at = at._replace(feedback=advise, stage=stage)
    run = pipeline.write(plan, None, engine, at, MemoryStore(), Silent())
    assert [one.lacking for one in run.replies[1].candidates] == [()] * 3
