"""A stage, end to end: prompts → replies → raw notebook → repairs → fixes → checks → record.

Each arrow is a function. Whatever is finished is in the store before the next thing starts, so a
command killed at any moment goes on where it stopped when it is given again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

from harness import files, machine
from harness.notebooks import jupyter, stored
from harness.notebooks.notebook import Notebook
from harness.ports import Engine, Reporter, RunStore
from harness.project import contexts
from harness.records import Execution, Outcome, Reply, Run
from harness.runs import (
    attempts,
    execution,
    failures,
    findings,
    generation,
    judging,
    patching,
    repairing,
    working,
)
from harness.runs.execution import NotebookEnvironment, Outcomes
from harness.runs.findings import Looked
from harness.runs.plans import Plan
from harness.runs.remaining import Remaining, RunState
from harness.runs.store import save_record
from harness.steering import folding

PROMPTS = "prompts.json"
NOTHING = Looked()


def run_stage(
    state: RunState,
    engine: Engine | None,
    at: NotebookEnvironment,
    store: RunStore,
    reporter: Reporter,
    again: Callable[[], Engine] | None = None,
) -> Run:
    """What is left of a run. The ``engine`` may be None where nothing is left to write.

    ``again`` gives one that is asked for cells again, where the run is helped so.

    Raises HarnessError where the harness itself fails, and passes KeyboardInterrupt on; what was
    generated and executed until then is stored.
    """
    plan, run, series, left = state
    with contextlib.closing(at.executor):
        if engine is not None and left is Remaining.WRITE:
            run = write(plan, run, engine, at, store, reporter)
        if run is None:
            raise ValueError("a run without a record has its replies to be written first")
        executes = run.raw is None or left in (Remaining.WRITE, Remaining.EXECUTE)
        if executes or judging.lacks_artifacts(plan.key, run, at, store):
            run = execute(plan, run, at, store, more=bool(series))
        # First, as it is by the checks of the raw notebook where a fix is needed.
        run = judging.judge(plan.key, run, at, store)
        if plan.help.repair and not attempts.is_current(run):
            if again is None:
                raise ValueError("a run that is repaired needs an engine")
            run = repairing.repair(plan, run, at, store, again, more=bool(series))
        if series is not None and not patching.is_current(run, series):
            run = patching.patch(plan.key, run, series, at, store)
        return run


def write(
    plan: Plan,
    run: Run | None,
    engine: Engine,
    at: NotebookEnvironment,
    store: RunStore,
    reporter: Reporter,
) -> Run:
    """Prompts to replies: all that needs the model, which is let go. Raises as ``run_stage``."""
    so_far = [run] if run is not None else []

    def keep(replied: tuple[Reply, ...]) -> None:
        prompts = [one.model_dump(mode="json") for one in generation.sent(plan, replied)]
        store.save(plan.key, PROMPTS, (files.to_json(prompts) + "\n").encode())
        so_far[:] = [record(plan, so_far[0] if so_far else None, replied, None, store)]

    beside = working.of(plan, at)
    with contextlib.closing(beside) if beside is not None else contextlib.nullcontext():
        generation.generate(plan, engine, store, reporter, keep, beside)
    engine.close()
    return so_far[0]


def execute(
    plan: Plan, run: Run, at: NotebookEnvironment, store: RunStore, *, more: bool = False
) -> Run:
    """Run the raw notebook; store it, whole or as far as it came, and what the stage promised.

    ``more``: the patched one follows.
    """
    notebook = stored.of_replies(generation.sent(plan, run.replies), run.replies)
    done, found = _execute(plan, run, notebook, at, store, more=more)
    return record(plan, run, run.replies, done, store, found)


def _execute(
    plan: Plan,
    run: Run,
    notebook: Notebook,
    at: NotebookEnvironment,
    store: RunStore,
    *,
    more: bool,
) -> tuple[Execution, Looked]:
    outcomes: Outcomes = {}
    found = Looked()
    try:
        done = execution.execute("raw", notebook, at, outcomes, more=more)
        asked = run.model_copy(update={"packages": _packages(plan)})
        found = findings.after_running(asked, "raw", notebook, outcomes, at)
    finally:
        about = {"run_id": plan.run_id, "model": plan.model.name, "form": "raw"}
        notes = folding.notes(notebook.cells, run.replies)
        built = jupyter.build(notebook, outcomes, about, notes=notes, findings=found.findings)
        store.save(plan.key, stored.RAW, jupyter.dump(built))
    for name, blob in done.artifacts.items():
        store.save(plan.key, f"artifacts/raw/{name}", blob)
    classed = failures.classify(notebook, done.execution.cells)
    return done.execution.model_copy(update={"cells": classed}), found


def record(
    plan: Plan,
    before: Run | None,
    done: tuple[Reply, ...],
    raw: Execution | None,
    store: RunStore,
    found: Looked = NOTHING,
) -> Run:
    """Write ``run.json`` anew; ``raw`` is None while the run is not finished."""
    run = Run(
        run_id=plan.run_id,
        line_id=plan.line_id,
        created=before.created if before else datetime.now(UTC).isoformat(timespec="seconds"),
        harness_version=machine.version(),
        code_revision=machine.code_revision(),
        machine=machine.facts(),
        packages=_packages(plan),
        model=plan.model,
        stage=plan.stage.name,
        stage_sha256=plan.stage_sha256,
        dataset=plan.dataset.name,
        dataset_sha256=plan.profile.sha256,
        holdout_rule=plan.profile.holdout_rule,
        synthetic=plan.profile.synthetic,
        task=plan.dataset.task,
        context=plan.context.name,
        context_sha256=contexts.digest(plan.context),
        help=plan.help,
        sampling=plan.sampling,
        seed=plan.seed,
        prompts=generation.sent(plan, done),
        replies=done,
        needs=plan.needs,
        raw=raw,
        findings=found.findings,
        findings_version=found.version,
        outcome=Outcome.INCOMPLETE,
    )
    outcome = patching.outcome_of(run)
    return save_record(store, plan.key, run.model_copy(update={"outcome": outcome}))


def _packages(plan: Plan) -> dict[str, str]:
    return {**machine.engine_packages(), **plan.packages}
