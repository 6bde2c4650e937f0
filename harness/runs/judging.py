"""A stored run judged anew: its artifacts as they are, by the checks as they are now.

Nothing is written by a model and no notebook is executed for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError, StoreError
from harness.notebooks import printed, stored
from harness.ports import Executor, Reporter, RunStore
from harness.records import Execution, Run, RunKey
from harness.runs import patching
from harness.runs.environment import of_stored_run
from harness.runs.execution import NotebookEnvironment
from harness.runs.remaining import is_other
from harness.runs.staleness import Staleness
from harness.runs.store import FileStore, Wanted, save_record


class Judged(NamedTuple):
    """What came of one run: its record before and after, or why it could not be judged."""

    key: RunKey
    before: Run
    after: Run | None
    error: HarnessError | None = None


def judge(
    key: RunKey, run: Run, at: NotebookEnvironment, store: RunStore, *, again: bool = False
) -> Run:
    """Judge what was executed before the checks changed; all else stays as it is.

    ``again``: judge what is up to date, too. Raises StoreError where an artifact is not stored as
    it was made: a verdict on less would be about another run.
    """
    before = run.executions
    found = dict(before)
    for form, done in before.items():
        if form == "repaired" and not run.is_rewritten:
            found[form] = found["raw"]
        elif again or is_other(done.checks_sha256, at.checks_sha256):
            blobs, shown = made(key, form, done, store)
            update = {"checks": at.check(blobs, shown), "checks_sha256": at.checks_sha256}
            found[form] = done.model_copy(update=update)
    if found == before:
        return run
    passes = {
        form: made and made.model_copy(update={"execution": found[form]})
        for form, made in (("repaired", run.repaired), ("patched", run.patched))
    }
    judged = run.model_copy(update={"raw": found["raw"], **passes})
    outcome = patching.outcome_of(judged)
    return save_record(store, key, judged.model_copy(update={"outcome": outcome}))


def made(key: RunKey, form: str, done: Execution, store: RunStore) -> tuple[dict[str, bytes], str]:
    """What a stored notebook of this form left, and what its cells printed. Raises StoreError."""
    file = stored.FILES[form]
    shown = printed.of_stored(store.load(key, file), Path(file))
    return _artifacts(key, form, done, store), shown


def lacks_artifacts(key: RunKey, run: Run, at: NotebookEnvironment, store: RunStore) -> bool:
    """Whether ``judge`` would miss an artifact of what it has to judge."""
    try:
        for form, done in run.executions.items():
            is_own = form != "repaired" or run.is_rewritten
            if is_own and is_other(done.checks_sha256, at.checks_sha256):
                _artifacts(key, form, done, store)
    except StoreError:
        return True
    return False


def _artifacts(key: RunKey, form: str, done: Execution, store: RunStore) -> dict[str, bytes]:
    found = {}
    for one in done.artifacts:
        if one.status != "collected":
            continue
        blob = store.load(key, f"artifacts/{form}/{one.name}")
        if blob is None or hashlib.sha256(blob).hexdigest() != one.sha256:
            state = "not stored any more" if blob is None else "another than it was"
            raise StoreError(
                f"artifacts/{form}/{one.name} of run {key.run_id} is {state}",
                "Put it back, or let the notebook run again: "
                f"harness generate {key.stage} --model {key.model}",
            )
        found[one.name] = blob
    return found


def out_of_date(store: FileStore, **wanted: Wanted) -> list[tuple[RunKey, Run]]:
    """The runs whose checks are others than those that judged them, newest first.

    One whose stage or dataset cannot be read is among them, so that its fault is told.
    """
    staleness = Staleness(store.project)
    found = [one.run_id for one in store.summaries(**wanted) if staleness.of_checks(one)]
    return list(store.runs(**(wanted | {"run_id": found})))


def judge_stored(
    store: FileStore,
    runs: Sequence[tuple[RunKey, Run]],
    executor: Executor,
    reporter: Reporter,
) -> Iterator[Judged]:
    """Judge runs of the store anew, one after another; what one of them lacks ends no other."""
    for key, before in runs:
        try:
            with store.lock(key):
                run = store.run(key) or before  # another process may have been at it
                stored.executed(run)
                at = of_stored_run(store.project, run, store, key, executor, reporter)
                after = judge(key, run, at, store, again=True)
                yield Judged(key, run, after)
        except HarnessError as error:
            yield Judged(key, before, None, error)
