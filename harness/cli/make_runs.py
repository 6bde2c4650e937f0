"""Carries a request out: says what will run, shows it, and says what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness import wiring
from harness.batch import estimate, inputs, request, worker
from harness.batch.matrix import Matrix, Planned, look
from harness.batch.outcomes import BatchEvent, Ended
from harness.batch.request import RunRequest
from harness.batch.schedule import Batch
from harness.cli import outcome, run_tables, show
from harness.cli.batch_live import BatchLive
from harness.cli.live import LiveReporter
from harness.project import location, stages
from harness.records import Outcome
from harness.runs import plans
from harness.runs.remaining import Remaining
from harness.runs.store import FileStore, summary

if TYPE_CHECKING:
    from harness.cli.run_options import Manner
    from harness.ports import Runner

UNSAFE = "Generated code runs WITHOUT a sandbox, with your rights."
CONTINUES = {
    Remaining.EXECUTE: "All replies are kept from before: running the notebook",
    Remaining.REPAIR: "Its notebook ran before: the model repairs it",
    Remaining.PATCH: "Its fixes changed: patching it again",
    Remaining.CHECK: "Its checks changed: judging it again",
}
FAILED, NOT_PASSED = 1, 3  # exit codes: no record came of a run; a cell or a check failed


def make_runs(asked: RunRequest, manner: Manner) -> None:
    """Do what is left of the runs asked for.

    Exits with 1 where a run came to no record, and under ``strict`` with 3 where one did not pass.
    """
    if manner.as_json:
        show.out.stderr = True  # standard output is for the JSON alone
    folder = location.find(manner.project)
    store = FileStore(folder)
    matrix = request.resolve(folder, store, asked, show.notice, show.bytes_bar)
    for model in matrix.models:
        wanted = [stage.name for stage in matrix.stages]
        wiring.check_stages(model.identity, model.weights, wanted, stages.names(folder))
    seen = look(folder, store, matrix)
    if asked.unsafe:
        show.error(UNSAFE, "bold red")
    if manner.dry_run:
        run_tables.print_plan(seen, estimate.expected(seen, store.summaries()))
        for told in _lacking(folder, matrix, seen):
            show.notice(told)
        if manner.as_json:
            show.json([_planned(one) for one in seen])
        return
    ended = (
        _one(folder, store, matrix, seen[0])
        if len(seen) == 1 and manner.runner is None
        else _several(folder, store, matrix, seen, manner)
    )
    if manner.as_json:
        show.json([_ended(one, store) for one in ended])
    _exit(ended, strict=manner.strict)


def _one(folder: Path, store: FileStore, matrix: Matrix, planned: Planned) -> list[Ended]:
    """A single run: a batch of one in this process, shown as it goes."""
    lacking = inputs.problem(folder, planned)
    if lacking is not None:
        raise lacking
    outcome.announce(planned.plan)
    if planned.done:
        show.info("This run is done already; another sample: --again", style="yellow")
    elif planned.left in CONTINUES:
        show.info(CONTINUES[planned.left], style="yellow")
    capacity = _capacity(matrix, "inline", None)
    runner = wiring.runner("inline", capacity, worker.worker, worker.packed)
    with LiveReporter(planned.plan.sampling.max_tokens) as reporter:

        def show_event(event: BatchEvent) -> None:
            if event.call is not None:
                worker.show(event.call, reporter)
            elif event.lost is not None:
                show.info(show.clean(event.lost), style="yellow")

        batch = _batch(folder, store, matrix, runner, capacity)
        try:
            ended = batch.carry_out(show_event)
        finally:
            runner.close()
    (one,) = ended
    if one.error is not None:
        raise one.error
    if one.run is not None:
        outcome.finish(one.run, planned.plan.key, store)
    return ended


def _several(
    folder: Path, store: FileStore, matrix: Matrix, seen: Sequence[Planned], manner: Manner
) -> list[Ended]:
    """Many runs: a table of what is left, a bar over all, a table of what came of them."""
    run_tables.print_plan(seen, estimate.expected(seen, store.summaries()))
    kind = manner.runner or "local"
    ended = several(folder, store, matrix, seen, kind=kind, address=manner.address)
    if all(one.error is None for one in ended):
        show.info()
        show.info(f"Next      {_next(matrix, ended)}")
    return ended


def several(
    folder: Path,
    store: FileStore,
    matrix: Matrix,
    seen: Sequence[Planned],
    *,
    kind: str,
    address: str | None = None,
) -> list[Ended]:
    """Do what is left of many runs: a bar over all with the time left, then what came of them."""
    expected = estimate.expected(seen, store.summaries())
    capacity = _capacity(matrix, kind, address)
    show.info(capacity.description)
    runner = wiring.runner(kind, capacity, worker.worker, worker.packed)
    try:
        with BatchLive(seen, expected, capacity.workers) as live:
            ended = _batch(folder, store, matrix, runner, capacity).carry_out(live.see)
    finally:
        runner.close()
    place = {one.plan.run_id: i for i, one in enumerate(seen)}
    ended.sort(key=lambda one: place.get(one.planned.plan.run_id, len(place)))
    run_tables.print_ended(ended, store)
    failed = Counter(str(one.error) for one in ended if one.error is not None)
    for error, runs in failed.items():
        whose = f"{runs} runs: " if runs > 1 else ""
        show.error(f"harness: {whose}{error}")
    if failed:
        show.notice("Give the same command to try these again")
    return ended


def _batch(
    folder: Path, store: FileStore, matrix: Matrix, runner: Runner, capacity: wiring.Capacity
) -> Batch:
    resources = worker.Resources(
        threads=capacity.threads, workers=capacity.workers, concurrent=capacity.concurrent
    )
    return Batch(folder, store, matrix, runner, resources)


def _lacking(folder: Path, matrix: Matrix, seen: Sequence[Planned]) -> list[str]:
    """Why runs will not be made, each reason once."""
    coming = {stage.name for stage in matrix.stages}
    problems = (inputs.problem(folder, one, coming) for one in seen)
    return list(dict.fromkeys(str(one) for one in problems if one is not None))


def _capacity(matrix: Matrix, runner: str, address: str | None) -> wiring.Capacity:
    if runner == "ray":
        return wiring.join_cluster(address)
    concurrent = max(one.spec.concurrent for one in matrix.models)
    models = [(one.identity, one.weights) for one in matrix.models]
    lines = len(matrix.contexts) * len(matrix.seeds)
    # A line by itself is written stage by stage, so that it goes on to the bit where it stopped.
    most = lines * len(matrix.stages) if lines > 1 else 1
    beside = any(plans.is_beside(one, matrix.help) for one in matrix.contexts)
    found = wiring.capacity(models, min(concurrent, most), runner, beside=beside)
    for notice in found.notices:
        show.notice(notice)
    return found


def _next(matrix: Matrix, ended: Sequence[Ended]) -> str:
    """The command that tells most of what came of it."""
    names = [one.identity.name for one in matrix.models]
    if len(names) > 1:
        return f"harness compare {names[-2]} {names[-1]}"
    failed = [one for one in ended if one.run is not None and one.run.outcome is Outcome.FAILED]
    return f"harness runs show {failed[0].planned.plan.run_id}" if failed else "harness ledger"


def _planned(one: Planned) -> dict[str, object]:
    plan = one.plan
    return {
        "run_id": plan.run_id,
        "model": plan.model.name,
        "stage": plan.stage.name,
        "context": plan.context.name,
        "help": plan.help.label,
        "seed": plan.seed,
        "left": one.left.value,
    }


def _ended(one: Ended, store: FileStore) -> dict[str, object]:
    error = str(one.error) if one.error is not None else None
    if one.run is None:
        return {**_planned(one.planned), "error": error}
    line = summary(one.planned.plan.key, one.run, store.root)
    return {**line.model_dump(mode="json"), "error": error}


def _exit(ended: Sequence[Ended], *, strict: bool) -> None:
    if any(one.error is not None for one in ended):
        raise typer.Exit(FAILED)
    passed = (Outcome.RAW, Outcome.REPAIRED, Outcome.PATCHED)
    if strict and any(one.run is None or one.run.outcome not in passed for one in ended):
        raise typer.Exit(NOT_PASSED)
