"""Edits of a patched notebook into fix files: read, taken apart, proved, written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness import files, fixes
from harness.errors import EditedError
from harness.fixes import edits, writing
from harness.fixes import files as reading
from harness.fixes.conditions import Conditions
from harness.fixes.edits import Found
from harness.notebooks import jupyter, stored
from harness.notebooks.notebook import Notebook
from harness.ports import RunStore
from harness.records import ANY, Fix, Run, RunKey, When


class Taken(NamedTuple):
    """What was edited, and the notebook that it was read from."""

    changes: list[Found]
    patched: Notebook  # what the fixes make of the raw one
    edited: Notebook
    blob: bytes


def held(run: Run, series: Sequence[Fix]) -> list[Fix]:
    """The fixes that an edited notebook holds: those it was made with, and those captured of it.

    A fix that came from elsewhere since is not in the notebook, and its absence is no edit.
    """
    used = {one.fix for one in (run.patched.verdicts if run.patched else ())}
    return [fix for fix in series if fix.id in used or fix.from_run == run.run_id]


def when_needed(run: Run, cell: str) -> When:
    """The condition for a change of a cell: ``needed`` where it did not work, else ``always``."""
    _, raw, done = stored.base(run)
    if cell not in raw.sources:  # a new one, which may stand beside cells that work
        return When(word="always")
    usable = Conditions(raw, done.cells, done.checks).usable(When())
    return When() if cell in usable else When(word="always")


def take(key: RunKey, run: Run, series: Sequence[Fix], store: RunStore) -> Taken:
    """What differs between the patched notebook and what the fixes make of the raw one.

    Raises EditedError where there is none, or where fixes that it was made with have changed since:
    nobody could tell then which difference is the person's. NotebookError where it is broken.
    """
    blob = store.load(key, stored.PATCHED)
    if blob is None:
        raise EditedError(
            f"run {key.run_id} has no {stored.PATCHED}", f"Make it: harness patch {key.run_id}"
        )
    everything, series = series, held(run, series)
    now = {fix.id: fix.sha256 for fix in series}
    used = run.patched.verdicts if run.patched else ()
    changed = [one.fix for one in used if now.get(one.fix) != one.sha256]
    edited, is_edited = jupyter.read(blob, Path(stored.PATCHED))
    if changed and is_edited:
        raise EditedError(
            f"{', '.join(changed)} changed since {stored.PATCHED} of run {key.run_id} was made",
            "Put that fix back as it was, capture, and change it again",
        )
    if changed or fixes.apply_to_run(run, everything).notebook.digest == edited.digest:
        return Taken([], edited, edited, blob)
    patched = fixes.apply_to_run(run, series).notebook
    return Taken(edits.changes(patched, edited), patched, edited, blob)


def keep(
    project: Path,
    key: RunKey,
    run: Run,
    series: Sequence[Fix],
    taken: Taken,
    texts: Sequence[tuple[str, str, str]],
    store: RunStore,
) -> list[Path]:
    """Write the new fixes, given as (slug, suffix, text), once they are proved; all or none.

    Raises EditedError where the raw notebook and all fixes do not give the edited one, where it was
    edited again meanwhile, or where a fix is not for this run; ConfigError where a text is no fix.
    """
    numbers = writing.next_numbers(project, run.stage, len(texts))
    folder = project / reading.FOLDER / run.stage
    paths = [
        folder / f"{number:03}-{slug}{suffix}"
        for number, (slug, suffix, _) in zip(numbers, texts, strict=True)
    ]
    new = [reading.parse(path, text) for path, (_, _, text) in zip(paths, texts, strict=True)]
    _belong(run, series, new)
    series = held(run, series)
    made = fixes.apply_to_run(run, [*series, *new])
    if made.notebook.digest != taken.edited.digest:
        lost = [one for one in made.verdicts[len(series) :] if one.verdict != "applied"]
        told = f"{lost[0].fix} is {lost[0].verdict.value}: {lost[0].reason}" if lost else "unlike"
        raise EditedError(
            f"the new fixes do not give the edited notebook back ({told})",
            "Nothing was written. Use --when always, or write the fix by hand: harness fixes new",
        )
    if store.load(key, stored.PATCHED) != taken.blob:
        raise EditedError(
            f"{stored.PATCHED} of run {key.run_id} was saved again while it was captured",
            "Nothing was written. Give the command again",
        )
    written = []
    try:
        for path, (_, _, text) in zip(paths, texts, strict=True):
            files.write_atomic(path, text.encode())
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def _belong(run: Run, series: Sequence[Fix], new: Sequence[Fix]) -> None:
    """Raise EditedError where a new fix would not be among those that the run gets."""
    foreign = next((fix for fix in new if not fix.fits(run.dataset)), None)
    if foreign is not None:
        raise EditedError(
            f"a fix for {foreign.dataset} is none for run {run.run_id}, which is on {run.dataset}",
            f"Nothing was written. Say --dataset {run.dataset}, or --dataset {ANY}",
        )
    known = {fix.id: fix for fix in series}
    twin = next((known[fix.id] for fix in new if fix.id in known), None)
    if twin is not None:
        raise EditedError(
            f"{twin.stage}/{twin.id} has the same name",
            "Nothing was written. Describe it in other words",
        )
