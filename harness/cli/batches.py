"""A matrix of runs, carried out before the user's eyes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer

from harness import wiring
from harness.batch import estimate, schedule, worker
from harness.batch.matrix import Matrix, look
from harness.batch.schedule import Ended
from harness.cli import matrices, show
from harness.cli.batch_live import BatchLive
from harness.records import Outcome
from harness.runs.store import FileStore


def carry_out(
    project: Path,
    matrix: Matrix,
    runner: str = "local",
    address: str | None = None,
    *,
    dry_run: bool = False,
) -> None:
    """Say what will run, run what is not done, and say what came of it.

    Exits with 1 where a run came to no record.
    """
    store = FileStore(project)
    seen = look(project, store, matrix)
    expected = estimate.expected(seen, store.summaries())
    matrices.print_plan(seen, expected)
    if dry_run:
        return
    room = _room(matrix, runner, address)
    show.out.print(room.told)
    hands = wiring.runner(runner, room, worker.worker, worker.packed)
    resources = worker.Resources(
        threads=room.threads, workers=room.workers, concurrent=room.concurrent
    )
    try:
        with BatchLive(seen, expected, room.workers) as reporter:
            moments = schedule.run(project, store, matrix, hands, resources)
            ended = [moment.ended for moment in map(reporter.see, moments) if moment.ended]
    finally:
        hands.close()
    place = {one.plan.run_id: i for i, one in enumerate(seen)}
    ended.sort(key=lambda one: place.get(one.planned.plan.run_id, len(place)))
    matrices.print_ended(ended, store)
    failed = Counter(str(one.error) for one in ended if one.error is not None)
    for error, runs in failed.items():
        whose = f"{runs} runs: " if runs > 1 else ""
        show.notice(f"harness: {whose}{error}", "none")
    if failed:
        show.notice("Give the same command to try these again")
        raise typer.Exit(1)
    show.out.print(f"\nNext      {_next(matrix, ended)}")


def _next(matrix: Matrix, ended: Sequence[Ended]) -> str:
    """The command that tells most of what came of it."""
    names = [one.identity.name for one in matrix.models]
    if len(names) > 1:
        return f"harness compare {names[-2]} {names[-1]}"
    failed = [one for one in ended if one.run is not None and one.run.outcome is Outcome.FAILED]
    return f"harness runs show {failed[0].planned.plan.run_id}" if failed else "harness ledger"


def _room(matrix: Matrix, runner: str, address: str | None) -> wiring.Capacity:
    if runner == "ray":
        return wiring.join_cluster(address)
    concurrent = max(one.spec.concurrent for one in matrix.models)
    models = [(one.identity, one.weights) for one in matrix.models]
    lines = len(matrix.contexts) * len(matrix.seeds)
    # A line by itself is written stage by stage, so that it goes on to the bit where it stopped.
    most = lines * len(matrix.stages) if lines > 1 else 1
    return wiring.capacity(models, min(concurrent, most), runner)
