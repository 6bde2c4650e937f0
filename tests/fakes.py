"""Stand-ins for tests of the flow; those of use to users ship in harness/ itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.executors.scripted import ScriptedExecutor
from harness.ports import OnProgress, Reporter, Watcher
from harness.project import stages
from harness.records import (
    Cell,
    CellOutcome,
    CellResult,
    Completion,
    ContextSpec,
    DatasetSpec,
    Fix,
    Message,
    ModelIdentity,
    Progress,
    RepairAttempt,
    Reply,
    RunKey,
    Sampling,
    StageSpec,
    SteeringKind,
    TableProfile,
    TakenBack,
)
from harness.runs import plans
from harness.runs.execution import NotebookEnvironment
from harness.runs.remaining import Remaining, RunState


class MemoryStore:
    """A RunStore without files."""

    def __init__(self) -> None:
        self.blobs: dict[tuple[str, str], bytes] = {}

    def save(self, key: RunKey, name: str, blob: bytes) -> None:
        self.blobs[key.run_id, name] = blob

    def load(self, key: RunKey, name: str) -> bytes | None:
        return self.blobs.get((key.run_id, name))


class Silent:
    """A Reporter that only remembers."""

    def __init__(self) -> None:
        self.resumed: list[str] = []
        self.results: list[CellResult] = []
        self.forms: list[str] = []
        self.taken_back: list[TakenBack] = []
        self.attempts: list[RepairAttempt] = []

    def step(self, number: int, total: int, name: str) -> None:
        pass

    def progress(self, progress: Progress) -> None:
        pass

    def stepped_back(self, taken: TakenBack) -> None:
        self.taken_back.append(taken)

    def replied(self, reply: Reply, *, resumed: bool) -> None:
        if resumed:
            self.resumed.append(reply.step)

    def executing(self, form: str) -> None:
        self.forms.append(form)

    def repairing(self, cell: Cell, number: int, most: int, why: str) -> None:
        pass

    def repaired(self, attempt: RepairAttempt) -> None:
        self.attempts.append(attempt)

    def cell(self, number: int, total: int, cell: Cell) -> None:
        pass

    def executed(self, result: CellResult) -> None:
        self.results.append(result)


class Asked(NamedTuple):
    """What an engine is asked for."""

    conversation: tuple[Message, ...]
    sampling: Sampling
    seeds: tuple[int, ...]
    on_progress: OnProgress
    watchers: Sequence[Watcher]


class AnyEngine:
    """An Engine that answers by ``answers``, which a test gives it."""

    steering = SteeringKind.NONE
    closed = False

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        return len(conversation)

    def complete(
        self,
        conversation: Sequence[Message],
        sampling: Sampling,
        seeds: Sequence[int],
        on_progress: OnProgress,
        *,
        repeats: bool = False,
        watchers: Sequence[Watcher] = (),
    ) -> list[Completion]:
        return self.answers(
            Asked(tuple(conversation), sampling, tuple(seeds), on_progress, watchers)
        )

    def answers(self, asked: Asked) -> list[Completion]:
        raise NotImplementedError

    def close(self) -> None:
        self.closed = True


class Model(AnyEngine):
    """An Engine that answers with a function of the conversation, and remembers what it saw."""

    def __init__(self, answer: Callable[[Sequence[Message]], str]) -> None:
        self._answer = answer
        self.seen: list[tuple[Message, ...]] = []

    def answers(self, asked: Asked) -> list[Completion]:
        self.seen.append(asked.conversation)
        asked.on_progress(Progress(sample=0, text="begun", tokens=1, prompt_done=1, prompt_total=1))
        return [completion(self._answer(asked.conversation), asked.seeds[0])]


def completion(text: str, seed: int, **more: Any) -> Completion:
    """A whole reply of one token that took no time."""
    given = {"finish": "stop", "prompt_tokens": 1, "completion_tokens": 1, "seconds": 0.0, **more}
    return Completion(text=text, seed=seed, **given)


def make_environment(
    plan: plans.Plan,
    folder: Path,
    outcomes: dict[str, CellOutcome] | None = None,
    reporter: Reporter | None = None,
) -> NotebookEnvironment:
    """An environment whose cells end as ``outcomes`` say, by source, and else well; no kernel."""
    return NotebookEnvironment(
        executor=ScriptedExecutor(outcomes),
        fresh=lambda: folder,
        inputs={plan.dataset.file: plan.table},
        stage=plan.stage,
        check=lambda made, printed: (),
        prepare_check=lambda: None,
        reporter=reporter or Silent(),
        limits_sha256=stages.limits_digest(plan.stage),
        checks_sha256=stages.checks_digest(plan.stage, plan.dataset),
    )


def begin(plan: plans.Plan, series: tuple[Fix, ...] | None = None) -> RunState:
    """A run of which nothing is stored yet."""
    return RunState(plan, None, series, Remaining.WRITE)


def make_plan(project: Path, stage: StageSpec, **changes: object) -> plans.Plan:
    """A plan for ``stage`` with everything else made up; ``changes`` replace fields of Inputs."""
    table = project / "table.csv"
    table.write_text("a,b\n1,2\n")
    inputs = plans.Inputs(
        model=ModelIdentity(
            name="m", kind="script", sha256="0" * 64, size=1, file="m.json", n_ctx=1000
        ),
        stage=stage,
        dataset=DatasetSpec(name="d", description="", target="b", file="table.csv"),
        table=table,
        profile=TableProfile(
            dataset="d",
            file="table.csv",
            sha256="1" * 64,
            rows=1,
            synthetic=True,
            description="",
            target="b",
            target_balance=(),
            columns=(),
        ),
        context=ContextSpec(name="blind", brief=True),
        sampling=Sampling(),
        seed=1,
        packages={},
    )
    return plans.make(project, inputs.model_copy(update=changes))
