"""Raw, or repaired, to patched: the fixes over a stored notebook, as often as the fixes change.

``raw.ipynb`` is never touched. What a pass depends on is recorded, so a stale one is noticed; what
a person edited in ``patched.ipynb`` is never overwritten unless they say so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from harness import fixes
from harness.errors import EditedError, NotebookError
from harness.fixes import Applied, ledger
from harness.notebooks import jupyter, repair_notes, stored
from harness.notebooks.notebook import Notebook
from harness.ports import RunStore
from harness.records import (
    CellStatus,
    CheckStatus,
    Effect,
    Execution,
    Fix,
    FixVerdict,
    Outcome,
    Patching,
    Run,
    RunKey,
)
from harness.runs import execution, failures, findings
from harness.runs.execution import Executed, NotebookEnvironment
from harness.runs.store import save_record


def patch(
    key: RunKey,
    run: Run,
    series: Sequence[Fix],
    at: NotebookEnvironment,
    store: RunStore,
    *,
    discard: bool = False,
) -> Run:
    """Apply ``series``, run the patched notebook, judge every fix, and store all of it.

    Raises EditedError where ``patched.ipynb`` has edits that no fix holds, unless ``discard``.
    """
    applied = fixes.apply_to_run(run, series)
    if not discard:
        _protect_edits(key, applied.notebook, store)
    done = _run(key, run, applied, at, store)
    for name, blob in done.artifacts.items():
        store.save(key, f"artifacts/patched/{name}", blob)
    patched = run.model_copy(
        update={
            "raw": _classified(run, applied, done.execution),
            "patched": record(run, applied, done.execution),
        }
    )
    outcome = outcome_of(patched)
    return save_record(store, key, patched.model_copy(update={"outcome": outcome}))


def refuse_unsaved_edits(
    key: RunKey, run: Run | None, series: Sequence[Fix], store: RunStore
) -> None:
    """Raise EditedError where to patch the run anew would lose edits of ``patched.ipynb``.

    Asked before anything of the run is written: what a person did is looked for first.
    """
    whole = run is not None and run.raw is not None
    made = fixes.apply_to_run(run, series).notebook if run and whole else Notebook(())
    _protect_edits(key, made, store)


def is_current(run: Run, series: Sequence[Fix]) -> bool:
    """Whether the stored patched notebook is what these fixes make of the raw one."""
    if run.raw is None or run.patched is None:
        return False
    used = [(one.fix, one.sha256) for one in run.patched.verdicts]
    is_same_series = used == [(fix.id, fix.sha256) for fix in series]
    is_as_judged = run.patched.wanting == stored.base(run).execution.wanting
    return is_same_series and is_as_judged and run.patched.raw_sha256 == base_digest(run)


def is_untouched(key: RunKey, run: Run, store: RunStore) -> bool:
    """Whether the patched notebook is there, and as it was stored."""
    blob = store.load(key, stored.PATCHED)
    if blob is None or run.patched is None:
        return False
    try:
        there = jupyter.read(blob, Path(stored.PATCHED)).notebook
    except NotebookError:
        return False
    return there.digest == run.patched.cells_sha256


def base_digest(run: Run) -> str:
    """The digest of what fixes are applied to."""
    _, notebook, done = stored.base(run)
    return digest(notebook, done)


def digest(notebook: Notebook, done: Execution) -> str:
    """sha256 of what fixes and repairs depend on: a notebook's cells and how each ended."""
    ended = [(cell.cell, cell.status.value, cell.error, cell.message) for cell in done.cells]
    written = json.dumps([notebook.digest, ended])
    return hashlib.sha256(written.encode()).hexdigest()


def record(run: Run, applied: Applied, done: Execution) -> Patching:
    """What is kept of a pass."""
    return Patching(
        raw_sha256=base_digest(run),
        wanting=stored.base(run).execution.wanting,
        verdicts=_with_effects(applied, stored.base(run).execution, done),
        cells_sha256=applied.notebook.digest,
        changes=applied.attributed.changes,
        execution=done,
        ledger=ledger.make(applied),
    )


def _classified(run: Run, applied: Applied, done: Execution) -> Execution:
    """The raw execution with each failure classed as root or cascade."""
    raw, notebook = stored.executed(run), stored.raw(run)
    passing = failures.passing(notebook, applied.notebook, done.cells)
    return raw.model_copy(update={"cells": failures.classify(notebook, raw.cells, passing)})


def outcome_of(run: Run) -> Outcome:
    """How far a run came: all cells and checks passed as written, after the model's own repairs,
    with the fixes, or not.

    A notebook without a code cell did nothing, so it failed.
    """
    done = run.executions
    if "raw" not in done:
        return Outcome.INCOMPLETE
    passed = next((form for form, one in done.items() if _passed(one)), None)
    if passed is not None:
        return Outcome(passed)
    last = list(done.values())[-1]
    return Outcome.UNJUDGED if _passed(last, CheckStatus.UNJUDGED) else Outcome.FAILED


def _passed(done: Execution, *also: CheckStatus) -> bool:
    fine = all(cell.status is CellStatus.OK for cell in done.cells)
    held = all(check.status.holds or check.status in also for check in done.checks)
    return bool(done.cells) and fine and held


def _run(
    key: RunKey, run: Run, applied: Applied, at: NotebookEnvironment, store: RunStore
) -> Executed:
    """The patched notebook, executed and stored; its base serves where no fix changed it."""
    form, _, executed = stored.base(run)
    if applied.notebook.digest == applied.attributed.raw.digest:
        blob = store.load(key, stored.FILES[form])
        if blob is not None:
            there = jupyter.load(blob, Path(stored.FILES[form]))
            same = jupyter.relabelled(there, "patched", applied.verdicts)
            store.save(key, stored.PATCHED, jupyter.dump(same))
            blobs = {
                one.name: found
                for one in executed.artifacts
                if (found := store.load(key, f"artifacts/{form}/{one.name}")) is not None
            }
            return Executed(executed, {}, blobs)
    done = execution.execute("patched", applied.notebook, at, {})
    about = {"run_id": run.run_id, "model": run.model.name, "form": "patched"}
    notes = repair_notes.of_run(run)
    looked = findings.after_running(run, "patched", applied.notebook, done.outcomes, at)
    made = jupyter.build(
        applied.notebook, done.outcomes, about, applied.verdicts, notes, looked.findings
    )
    store.save(key, stored.PATCHED, jupyter.dump(made))
    return done


def _protect_edits(key: RunKey, patched: Notebook, store: RunStore) -> None:
    blob = store.load(key, stored.PATCHED)
    if blob is None:
        return
    try:
        there, is_edited = jupyter.read(blob, Path(stored.PATCHED))
    except NotebookError as error:
        raise EditedError(
            f"{stored.PATCHED} of run {key.run_id} cannot be read, so it may hold edits "
            f"({error.message})",
            f"Repair it, or drop it: harness patch {key.run_id} --discard-edits",
        ) from None
    if is_edited and there.digest != patched.digest:
        raise EditedError(
            f"{stored.PATCHED} of run {key.run_id} has edits that no fix holds",
            f"Keep them: harness fixes capture {key.run_id}; "
            f"or drop them: harness patch {key.run_id} --discard-edits",
        )


def _with_effects(applied: Applied, raw: Execution, done: Execution) -> tuple[FixVerdict, ...]:
    """The verdicts with the code cells that each fix touched, and the cells that it removed."""
    before = {cell.cell: cell.verdict for cell in raw.cells}
    after = {cell.cell: cell.verdict for cell in done.cells}
    effects: dict[str, list[Effect]] = {one.fix: [] for one in applied.verdicts}
    for cell in applied.notebook.code:
        effect = Effect(cell=cell.id, before=before.get(cell.id), after=after.get(cell.id))
        for fix in cell.fixes:
            effects[fix].append(effect)
    for i, fix in sorted(applied.attributed.removed.items()):
        head = applied.attributed.raw.lines[i].head
        if head is not None:
            effects[fix].append(Effect(cell=head.id, before=before.get(head.id), after=None))
    return tuple(
        one.model_copy(update={"cells": tuple(effects[one.fix])}) for one in applied.verdicts
    )
