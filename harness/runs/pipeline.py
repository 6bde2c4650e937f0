"""A stage, end to end: prompts → replies → raw notebook → execution → fixes → record.

Each arrow is a function. Whatever is finished is in the store before the next thing starts, so a
command killed at any moment goes on where it stopped when it is given again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from harness import machine
from harness.notebooks import jupyter, replies, stored
from harness.ports import Engine, Reporter, RunStore
from harness.records import Cell, Execution, Fix, Reply, Run
from harness.runs import execution, failures, generation, patching
from harness.runs.execution import NotebookEnvironment, Outcomes
from harness.runs.plans import Plan
from harness.runs.store import save_record

PROMPTS = "prompts.json"


def run_stage(
    plan: Plan,
    engine: Engine,
    at: NotebookEnvironment,
    store: RunStore,
    reporter: Reporter,
    series: Sequence[Fix] | None = None,
) -> Run:
    """Everything from prompts to record; without ``series``, up to the raw notebook.

    Raises HarnessError where the harness itself fails, and passes KeyboardInterrupt on; what was
    generated and executed until then is stored.
    """
    with contextlib.closing(at.executor):
        written = write(plan, engine, store, reporter).replies
        cells = replies.raw_cells(plan.prompts[1:], written)
        raw = execute(plan, cells, at, store, more=bool(series))
        run = record(plan, written, raw, store)
        return run if series is None else patching.patch(plan.key, run, series, at, store)


def write(plan: Plan, engine: Engine, store: RunStore, reporter: Reporter) -> Run:
    """Prompts to replies: all that needs the model, which is let go. Raises as ``run_stage``."""
    prompts = [message.model_dump(mode="json") for message in plan.prompts]
    store.save(
        plan.key, PROMPTS, (json.dumps(prompts, indent=1, ensure_ascii=False) + "\n").encode()
    )
    done = generation.generate(
        plan, engine, store, reporter, lambda replied: record(plan, replied, None, store)
    )
    engine.close()
    return record(plan, done, None, store)


def execute(
    plan: Plan,
    cells: Sequence[Cell],
    at: NotebookEnvironment,
    store: RunStore,
    *,
    more: bool = False,
) -> Execution:
    """Run the raw notebook; store it, whole or as far as it came, and what the stage promised.

    ``more``: the patched one follows.
    """
    outcomes: Outcomes = {}
    try:
        done = execution.execute("raw", cells, at, outcomes, more=more)
    finally:
        about = {"run_id": plan.run_id, "model": plan.model.name, "form": "raw"}
        store.save(plan.key, stored.RAW, jupyter.dump(jupyter.build(cells, outcomes, about)))
    for name, blob in done.artifacts.items():
        store.save(plan.key, f"artifacts/raw/{name}", blob)
    classed = failures.classify(cells, done.execution.cells)
    return done.execution.model_copy(update={"cells": classed})


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
        needs=plan.needs,
        raw=raw,
        outcome=patching.outcome_of(raw),
    )
    save_record(store, plan.key, run)
    return run
