"""Stored runs as something to compare: which notebooks, called what, and the result as text."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness import files
from harness.analysis import notebook_diff
from harness.analysis.notebook_diff import Row
from harness.errors import NotebookError, UnknownNameError
from harness.fixes import attribution
from harness.notebooks import jupyter, stored
from harness.records import CellDiff, FixVerdict, Run, RunKey
from harness.runs import forms
from harness.runs.staleness import Staleness
from harness.runs.store import FileStore

Stored = tuple[RunKey, Run]


class Compared(NamedTuple):
    """Two notebooks, how they differ, and where they are."""

    titles: tuple[str, str]
    about: tuple[str, str]
    rows: list[Row]
    cells: list[CellDiff]
    fixes: tuple[FixVerdict, ...]  # none between two runs
    run: Run | None  # set where a run is compared with itself
    stale: tuple[str, ...]  # why that run's verdicts are out of date
    paths: tuple[Path, Path]
    folder: Path


def newest_or_named(store: FileStore, what: str) -> Stored:
    """A run by the start of its id, or a stage's newest. Raises UnknownNameError."""
    newest = next((one for one in store.runs(stage=what) if one[1].raw is not None), None)
    if newest is not None:
        return newest
    try:
        return store.find(what)
    except UnknownNameError:
        stages = sorted({one.stage for one in store.summaries()})
        raise UnknownNameError(
            "stage or run", what, stages, "Runs: harness runs; make one: harness generate --stage"
        ) from None


def with_itself(
    store: FileStore, one: Stored, first: str | None = None, second: str | None = None
) -> Compared:
    """A run's notebooks against each other, by their forms.

    By default what the model wrote against what people made of it; without fixes, the raw notebook
    against the repaired one.
    """
    key, run = one
    second = second or ("repaired" if run.patched is None and run.is_rewritten else "patched")
    base = stored.base(run).form
    first = first or (base if second == "patched" else "raw")
    sides = [forms.executed(run, form) for form in (first, second)]
    by_fix = (first, second) == (base, "patched")
    rows = (
        notebook_diff.of_patched(attribution.of_run(run))
        if by_fix
        else notebook_diff.of_two(sides[0][0], sides[1][0])
    )
    folder = store.folder(key)
    about = _about(run)
    return Compared(
        titles=(f"{run.run_id} {first}", second),
        about=(about, about),
        rows=rows,
        cells=notebook_diff.cells(rows, sides[0][1], sides[1][1]),
        fixes=run.patched.verdicts if run.patched and by_fix else (),
        run=run if second == "patched" else None,
        stale=Staleness(store.project).of_run(run),
        paths=(folder / stored.FILES[first], folder / stored.FILES[second]),
        folder=folder,
    )


def with_another(store: FileStore, left: Stored, right: Stored, form: str) -> Compared:
    """One run's notebook against another's, both of one form."""
    sides = [forms.executed(run, form) for _, run in (left, right)]
    rows = notebook_diff.of_two(sides[0][0], sides[1][0])
    folders = [store.folder(key) for key, _ in (left, right)]
    return Compared(
        titles=(f"{left[1].run_id} {form}", f"{right[1].run_id} {form}"),
        about=(_about(left[1]), _about(right[1])),
        rows=rows,
        cells=notebook_diff.cells(rows, sides[0][1], sides[1][1]),
        fixes=(),
        run=None,
        stale=(),
        paths=(folders[0] / f"{form}.ipynb", folders[1] / f"{form}.ipynb"),
        folder=folders[0],
    )


def _about(run: Run) -> str:
    words = [run.model.name, run.stage, f"{run.context} context", run.help.label]
    return " · ".join([*filter(None, words), f"seed {run.seed}"])


def as_text(compared: Compared, format: str) -> str:
    """The comparison as ``unified``, ``json`` or ``html``. Raises NotebookError."""
    if format == "unified":
        names = tuple(title.replace(" ", "/") + ".py" for title in compared.titles)
        return notebook_diff.unified(compared.rows, (names[0], names[1]))
    if format == "json":
        told = {
            "left": compared.titles[0],
            "right": compared.titles[1],
            "stale": compared.stale,
            "fixes": [one.model_dump(mode="json") for one in compared.fixes],
            "cells": [one.model_dump(mode="json") for one in compared.cells],
        }
        return files.to_json(told, ascii_only=True) + "\n"
    return _page(compared)


def _page(compared: Compared) -> str:
    from harness.analysis import report  # noqa: PLC0415

    sides = [
        report.Side(title=title, about=about, outputs=report.outputs_of(_nodes(path)))
        for title, about, path in zip(compared.titles, compared.about, compared.paths, strict=True)
    ]
    patched = compared.run.patched if compared.run else None
    share = f"{patched.ledger.share:.1%} of the patched code lines" if patched else ""
    if compared.stale:
        share += f" (stale: {'; '.join(compared.stale)} since)"
    return report.diff_page(sides[0], sides[1], compared.cells, compared.fixes, share)


def _nodes(path: Path) -> list[dict[str, object]]:
    try:
        return list(jupyter.load(files.read(path, jupyter.LARGEST), path).cells)
    except (OSError, NotebookError):
        return []  # the diff is of the record; outputs are only shown with it
