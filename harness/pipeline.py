"""A stage, end to end: prompts → replies → raw notebook → execution → record.

Each arrow is a function. Whatever is finished is in the store before the next thing starts, so a
command killed at any moment goes on where it stopped when it is given again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from harness import artifacts, machine, notebooks, replies
from harness.plans import Plan
from harness.ports import Engine, Executor, Reporter, RunStore
from harness.records import (
    Artifact,
    Cell,
    CellOutcome,
    CellStatus,
    Completion,
    Execution,
    Message,
    Outcome,
    Progress,
    Replies,
    Reply,
    Run,
    Workspace,
)

PROMPTS, REPLIES, RAW, RECORD = "prompts.json", "replies.json", "raw.ipynb", "run.json"


def run_stage(
    plan: Plan, engine: Engine, executor: Executor, folder: Path, store: RunStore, watch: Reporter
) -> Run:
    """Everything from prompts to record; ``folder`` is the empty work folder of the kernel.

    Raises HarnessError where the harness itself fails, and passes KeyboardInterrupt on; what was
    generated and executed until then is stored.
    """
    prompts = [message.model_dump(mode="json") for message in plan.prompts]
    store.save(plan.key, PROMPTS, _json(prompts))
    done = generate(plan, engine, store, watch)
    engine.close()
    cells = cells_of(plan, done)
    raw = execute(plan, cells, executor, folder, store, watch)
    return record(plan, done, raw, store)


def generate(plan: Plan, engine: Engine, store: RunStore, watch: Reporter) -> tuple[Reply, ...]:
    """One reply per step; step N sees the steps before it and their replies."""
    done = list(_stored_replies(plan, store))
    record(plan, tuple(done), None, store)
    steps = plan.stage.steps
    for number, step in enumerate(steps, 1):
        watch.step(number, len(steps), step)
        if number <= len(done):
            watch.replied(done[number - 1], resumed=True)
            continue
        reply = _reply(plan, step, conversation(plan, done), engine, tuple(done), store, watch)
        done.append(reply)
        store.save(plan.key, REPLIES, _json(Replies(replies=tuple(done)).model_dump(mode="json")))
        record(plan, tuple(done), None, store)
        watch.replied(reply, resumed=False)
    return tuple(done)


def conversation(plan: Plan, done: Sequence[Reply]) -> tuple[Message, ...]:
    """What the model sees for the step after ``done``."""
    system, *users = plan.prompts
    turns = [system]
    for user, reply in zip(users, done, strict=False):
        turns += [user, Message(role="assistant", content=reply.completion.text)]
    return (*turns, users[len(done)])


def cells_of(plan: Plan, done: Sequence[Reply]) -> tuple[Cell, ...]:
    """The raw notebook's cells: every step's prompt, then its reply."""
    users = plan.prompts[1:]
    return tuple(
        chain.from_iterable(
            replies.cells_of(reply.step, user.content, reply.completion.text)
            for user, reply in zip(users, done, strict=True)
        )
    )


def execute(
    plan: Plan,
    cells: Sequence[Cell],
    executor: Executor,
    folder: Path,
    store: RunStore,
    watch: Reporter,
) -> Execution:
    """Run the code cells in order, store the executed notebook, fetch what the stage promised."""
    code = [cell for cell in cells if cell.kind == "code"]
    outcomes: dict[str, CellOutcome] = {}
    started = time.monotonic()
    workspace = Workspace(folder=folder, inputs={plan.dataset.file: plan.table})
    try:
        session = executor.start(workspace, plan.stage.limits)
        try:
            for number, cell in enumerate(code, 1):
                watch.cell(number, len(code), cell)
                outcomes[cell.id] = session.run(replies.runnable(cell.source))
                watch.executed(notebooks.result_of(cell, outcomes[cell.id]))
        finally:
            session.close()
    finally:
        for cell in code:
            missing = CellOutcome(status=CellStatus.NOT_RUN, reason="the command was interrupted")
            outcomes.setdefault(cell.id, missing)
        about = {"run_id": plan.run_id, "model": plan.model.name, "form": "raw"}
        store.save(plan.key, RAW, notebooks.dump(notebooks.build(cells, outcomes, about)))
    return Execution(
        sandbox=str(executor.sandbox),
        seconds=round(time.monotonic() - started, 3),
        cells=tuple(notebooks.result_of(cell, outcomes[cell.id]) for cell in code),
        artifacts=_collect(plan, folder, store),
    )


def record(plan: Plan, done: tuple[Reply, ...], raw: Execution | None, store: RunStore) -> Run:
    """Write ``run.json``; ``raw`` is None while the run is not finished."""
    run = Run(
        run_id=plan.run_id,
        line_id=plan.line_id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        harness_version=machine.version(),
        code_revision=machine.code_revision(),
        machine=machine.facts(),
        packages={**machine.engine_packages(), **plan.packages},
        model=plan.model,
        stage=plan.stage.name,
        stage_sha256=plan.stage_sha256,
        dataset=plan.dataset.name,
        dataset_sha256=plan.profile.sha256,
        synthetic=plan.profile.synthetic,
        context=plan.context,
        sampling=plan.sampling,
        seed=plan.seed,
        prompts=plan.prompts,
        replies=done,
        raw=raw,
        outcome=outcome_of(raw),
    )
    store.save(plan.key, RECORD, _json(run.model_dump(mode="json")))
    return run


def outcome_of(raw: Execution | None) -> Outcome:
    """How far the run came. A notebook without a code cell did nothing, so it failed."""
    if raw is None:
        return Outcome.INCOMPLETE
    passed = bool(raw.cells) and all(cell.status is CellStatus.OK for cell in raw.cells)
    return Outcome.RAW if passed else Outcome.FAILED


def _reply(
    plan: Plan,
    step: str,
    turns: Sequence[Message],
    engine: Engine,
    done: tuple[Reply, ...],
    store: RunStore,
    watch: Reporter,
) -> Reply:
    written: list[str] = []
    last: list[Progress] = []

    def note(progress: Progress) -> None:
        written.append(progress.text)
        last[:] = [progress]
        watch.progress(progress)

    started = time.monotonic()
    try:
        (completion,) = engine.complete(turns, plan.sampling, [plan.seed], note)
    except BaseException:
        if last and any(written):
            partial = Completion(
                text="".join(written),
                finish="interrupted",
                prompt_tokens=last[0].prompt_total,
                completion_tokens=last[0].tokens,
                seconds=round(time.monotonic() - started, 3),
                seed=plan.seed,
            )
            kept = Replies(replies=done, partial=Reply(step=step, completion=partial))
            store.save(plan.key, REPLIES, _json(kept.model_dump(mode="json")))
        raise
    return Reply(step=step, completion=completion)


def _stored_replies(plan: Plan, store: RunStore) -> tuple[Reply, ...]:
    blob = store.load(plan.key, REPLIES)
    if blob is None:
        return ()
    try:
        stored = Replies.model_validate_json(blob).replies
    except ValueError:
        return ()  # only this module writes it, atomically: what is broken is worth nothing
    expected = plan.stage.steps[: len(stored)]
    return stored if tuple(reply.step for reply in stored) == expected else ()


def _collect(plan: Plan, folder: Path, store: RunStore) -> tuple[Artifact, ...]:
    found = []
    for artifact, blob in artifacts.collect(folder, plan.stage.produces):
        if artifact.status == "collected":
            store.save(plan.key, f"artifacts/{artifact.name}", blob)
        found.append(artifact)
    return tuple(found)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
