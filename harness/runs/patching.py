"""Raw to patched: the fixes over a stored raw notebook, as often as the fixes change.

``raw.ipynb`` is never touched. What a pass depends on is recorded, so a stale one is noticed; what
a person edited in ``patched.ipynb`` is never overwritten unless they say so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from harness import fixes
from harness.errors import EditedError, NotebookError
from harness.fixes import Applied, attribution, ledger
from harness.fixes.attribution import AttributedText
from harness.notebooks import jupyter
from harness.notebooks.percent import lines_of
from harness.notebooks.stored import PATCHED, RAW, executed, raw_cells
from harness.ports import RunStore
from harness.records import (
    Cell,
    CellStatus,
    CheckStatus,
    Effect,
    Execution,
    Fix,
    Outcome,
    Patching,
    Run,
    RunKey,
)
from harness.runs import execution, failures
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
    cells = raw_cells(run)
    raw = executed(run)
    applied = fixes.apply_series(cells, raw.cells, series)
    if not discard:
        _protect_edits(key, applied.cells, store)
    done = _run(key, run, applied, at, store)
    for name, blob in done.artifacts.items():
        store.save(key, f"artifacts/patched/{name}", blob)
    patched = run.model_copy(
        update={
            "raw": classified(cells, raw, applied.cells, done.execution),
            "patched": record(run, applied, done.execution),
            "outcome": outcome_of(raw, done.execution),
        }
    )
    return save_record(store, key, patched)


def refuse_unsaved_edits(
    key: RunKey, run: Run | None, series: Sequence[Fix], store: RunStore
) -> None:
    """Raise EditedError where to patch the run anew would lose edits of ``patched.ipynb``.

    Asked before anything of the run is written: what a person did is looked for first.
    """
    cells: tuple[Cell, ...] = ()
    if run is not None and run.raw is not None:
        cells = fixes.apply_series(raw_cells(run), run.raw.cells, series).cells
    _protect_edits(key, cells, store)


def attributed_text(run: Run) -> AttributedText:
    """The patched text as stored, with who wrote each line; the raw text where nothing was."""
    return attribution.again(raw_cells(run), run.patched.changes if run.patched else ())


def is_current(run: Run, series: Sequence[Fix]) -> bool:
    """Whether the stored patched notebook is what these fixes make of the raw one."""
    if run.raw is None or run.patched is None:
        return False
    used = [(one.fix, one.sha256) for one in run.patched.verdicts]
    return used == [(fix.id, fix.sha256) for fix in series] and (
        run.patched.raw_sha256 == raw_digest(run)
    )


def is_untouched(key: RunKey, run: Run, store: RunStore) -> bool:
    """Whether the patched notebook is there, and as it was stored."""
    blob = store.load(key, PATCHED)
    if blob is None or run.patched is None:
        return False
    try:
        there = jupyter.cells_of(jupyter.load(blob, Path(PATCHED)))
    except NotebookError:
        return False
    return jupyter.digest(there) == run.patched.cells_sha256


def raw_digest(run: Run) -> str:
    """sha256 of all of a raw notebook that fixes depend on: its cells and how each ended."""
    ended = [
        (cell.cell, cell.status.value, cell.error, cell.message) for cell in executed(run).cells
    ]
    written = json.dumps([jupyter.digest(raw_cells(run)), ended])
    return hashlib.sha256(written.encode()).hexdigest()


def record(run: Run, applied: Applied, done: Execution) -> Patching:
    """What is kept of a pass."""
    cells = raw_cells(run)
    return Patching(
        raw_sha256=raw_digest(run),
        verdicts=tuple(
            one.model_copy(update={"cells": tuple(_effects(one.fix, run, applied, done))})
            for one in applied.verdicts
        ),
        cells_sha256=jupyter.digest(applied.cells),
        changes=attribution.changes(applied.attributed, len(lines_of(cells))),
        execution=done,
        ledger=ledger.make(
            cells, applied.attributed, {one.fix: one.cause for one in applied.verdicts}
        ),
    )


def classified(
    cells: Sequence[Cell], raw: Execution, patched: Sequence[Cell], done: Execution
) -> Execution:
    """The raw execution with each failure classed as root or cascade."""
    passing = failures.passing(cells, patched, done.cells)
    return raw.model_copy(update={"cells": failures.classify(cells, raw.cells, passing)})


def outcome_of(raw: Execution | None, patched: Execution | None = None) -> Outcome:
    """How far a run came: all cells and checks passed as written, or with the fixes, or not.

    A notebook without a code cell did nothing, so it failed.
    """
    if raw is None:
        return Outcome.INCOMPLETE
    if _passed(raw):
        return Outcome.RAW
    return Outcome.PATCHED if patched is not None and _passed(patched) else Outcome.FAILED


def _passed(done: Execution) -> bool:
    fine = all(cell.status is CellStatus.OK for cell in done.cells)
    return bool(done.cells) and fine and all(c.status is CheckStatus.PASSED for c in done.checks)


def _run(
    key: RunKey, run: Run, applied: Applied, at: NotebookEnvironment, store: RunStore
) -> Executed:
    """The patched notebook, executed and stored; the raw one serves where no fix changed it."""
    note = [jupyter.note(applied.verdicts)] if applied.verdicts else []
    if jupyter.digest(applied.cells) == jupyter.digest(raw_cells(run)):
        blob = store.load(key, RAW)
        if blob is not None:
            same = jupyter.relabelled(jupyter.load(blob, Path(RAW)), "patched", note)
            store.save(key, PATCHED, jupyter.dump(same))
            blobs = {
                one.name: found
                for one in executed(run).artifacts
                if (found := store.load(key, f"artifacts/raw/{one.name}")) is not None
            }
            return Executed(executed(run), {}, blobs)
    done = execution.execute("patched", applied.cells, at, {})
    about = {"run_id": run.run_id, "model": run.model.name, "form": "patched"}
    credits = {one.fix: one for one in applied.verdicts}
    made = jupyter.build([*note, *applied.cells], done.outcomes, about, credits)
    store.save(key, PATCHED, jupyter.dump(made))
    return done


def _protect_edits(key: RunKey, cells: Collection[Cell], store: RunStore) -> None:
    blob = store.load(key, PATCHED)
    if blob is None:
        return
    try:
        there = jupyter.load(blob, Path(PATCHED))
    except NotebookError as error:
        raise EditedError(
            f"{PATCHED} of run {key.run_id} cannot be read, so it may hold edits ({error.message})",
            f"Repair it, or drop it: harness patch {key.run_id} --discard-edits",
        ) from None
    written = jupyter.digest(jupyter.cells_of(there))
    if jupyter.is_edited(there) and written != jupyter.digest(cells):
        raise EditedError(
            f"{PATCHED} of run {key.run_id} has edits that no fix holds",
            f"Keep them: harness fixes capture {key.run_id}; "
            f"or drop them: harness patch {key.run_id} --discard-edits",
        )


def _effects(fix: str, run: Run, applied: Applied, done: Execution) -> Iterable[Effect]:
    before = {cell.cell: cell.verdict for cell in executed(run).cells}
    after = {cell.cell: cell.verdict for cell in done.cells}
    for cell in applied.cells:
        if fix in cell.fixes and cell.kind == "code":
            yield Effect(cell=cell.id, before=before.get(cell.id), after=after.get(cell.id))
    for line in lines_of(raw_cells(run)):
        if line.head is not None and applied.attributed.removed.get(line.raw or 0) == fix:
            yield Effect(cell=line.head.id, before=before.get(line.head.id), after=None)
