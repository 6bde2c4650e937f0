"""Makes of a planned run the piece of work that a worker is handed: its files, its place."""

from __future__ import annotations

from collections.abc import Sequence

from harness.batch.matrix import Matrix, Planned
from harness.batch.worker import Job, Resources
from harness.notebooks import stored
from harness.records import Fix
from harness.runs import lineage
from harness.runs.attempts import REPAIRS
from harness.runs.generation import REPLIES
from harness.runs.remaining import Remaining
from harness.runs.store import FileStore

STORED = (REPLIES, REPAIRS, *stored.FILES.values())  # what an earlier attempt may have left
USING_ARTIFACTS = (Remaining.REPAIR, Remaining.PATCH, Remaining.CHECK)


def job_of(
    one: Planned,
    series: tuple[Fix, ...] | None,
    store: FileStore,
    matrix: Matrix,
    resources: Resources,
    *,
    alone: bool,
) -> Job:
    """The job of a run, with what earlier attempts left of it. Raises StoreError."""
    blobs = {name: store.load(one.plan.key, name) for name in _names(one)}
    return Job(
        plan=one.plan,
        run=one.run,
        left=one.left,
        weights=one.model.weights,
        data=matrix.data,
        files=one.files,
        preparation=lineage.preparation(store, one.plan.needs),
        series=series,
        stored={name: blob for name, blob in blobs.items() if blob is not None},
        folder=store.folder(one.plan.key),
        unsafe=matrix.unsafe,
        spec=one.model.spec,
        resources=resources,
        alone=alone,
    )


def _names(one: Planned) -> list[str]:
    """The stored files that a run goes on from: artifacts only where no notebook makes them."""
    if one.run is None or one.left not in USING_ARTIFACTS:
        return list(STORED)
    artifacts = [
        f"artifacts/{form}/{artifact.name}"
        for form, execution in one.run.executions.items()
        for artifact in execution.artifacts
    ]
    return [*STORED, *artifacts]


def places(resources: Resources, held: Sequence[Planned]) -> dict[str, dict[str, int]]:
    """By run id, where a run stands among those that begin to be written together in one worker."""
    writing = [one.plan.run_id for one in held if one.left is Remaining.WRITE]
    first = min(len(writing), resources.concurrent * resources.workers)
    return {
        run_id: {
            "order": order,
            "among": len(range(order % resources.workers, first, resources.workers))
            if order < first
            else 1,
        }
        for order, run_id in enumerate(writing)
    }
