"""The findings of a run: what is imperfect in its notebooks, made of what is stored of it.

Those of the raw notebook are looked for when it has run, and kept in the record. Those of other
notebooks, and of records that were looked at by an older version, are looked for when asked for,
and remembered in the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache as remembered
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from harness import files
from harness import findings as rooms
from harness.errors import HarnessError, StoreError
from harness.findings import Finder
from harness.findings.subject import Subject
from harness.notebooks import printed, stored
from harness.notebooks.notebook import Notebook
from harness.project import datasets
from harness.records import CellOutcome, Finding, FindingKind, Run, RunKey, TableProfile
from harness.runs import forms
from harness.runs.execution import NotebookEnvironment, result_of
from harness.runs.store import FileStore
from harness.weights import cache

Finders = Mapping[FindingKind, Finder]

MOST = 1000  # findings of a notebook that are kept
LONGEST = 600  # characters of a text in one

_KEPT = TypeAdapter(tuple[Finding, ...])


class Looked(NamedTuple):
    """What was found, and who looked, as the record keeps it; None: nobody could."""

    findings: tuple[Finding, ...] = ()
    version: int | None = None


@dataclass(frozen=True)
class Beside:
    """What is known of a notebook that does not stand in the record."""

    profile: TableProfile | None = None  # of the table that it reads
    files: frozenset[str] = frozenset()
    packages: Mapping[str, str] = field(default_factory=dict)


def subject(
    run: Run, form: str, outcomes: Mapping[str, CellOutcome], notebook: Notebook, beside: Beside
) -> Subject:
    """What is known of a notebook of ``run``, whose cells came to ``outcomes``.

    How a failure was classed is left out, because a later fix may class it otherwise. What a kernel
    held while the replies were written counts for the raw notebook only: in the others, cells
    before a step are others than those that ran there.
    """
    results = {
        cell.id: result_of(cell, outcomes[cell.id]) for cell in notebook.code if cell.id in outcomes
    }
    asked = zip(run.replies, run.prompts[1:], strict=False)
    is_raw = form == "raw"
    return Subject(
        notebook=notebook,
        results=results,
        printed=printed.by_cell({name: one.outputs for name, one in outcomes.items()}),
        prompts={reply.step: reply.asked or turn.content for reply, turn in asked},
        observations={
            reply.step: reply.observation
            for reply in run.replies
            if is_raw and reply.observation is not None
        },
        profile=beside.profile,
        packages=beside.packages,
        files=beside.files,
    )


def look(about: Subject, finders: Finders | None = None) -> tuple[Finding, ...]:
    """The findings, bounded: no notebook makes a record of any size."""
    return tuple(map(_short, rooms.find(about, finders)[:MOST]))


def after_running(
    run: Run,
    form: str,
    notebook: Notebook,
    outcomes: Mapping[str, CellOutcome],
    at: NotebookEnvironment,
) -> Looked:
    """The findings in a notebook that has just run.

    Where a finder fails, nothing was looked for: the run is whole without it, and who asks for its
    findings later hears of the fault.
    """
    beside = Beside(at.profile, frozenset(at.inputs), run.packages)
    try:
        return Looked(
            look(subject(run, form, outcomes, notebook, beside), at.finders), rooms.VERSION
        )
    except Exception:
        return Looked()


class Findings:
    """The findings of stored runs. Each dataset is opened once; ``finders`` as in ``look``."""

    def __init__(self, store: FileStore, finders: Finders | None = None) -> None:
        self._store, self._finders = store, finders
        self._dataset = remembered(self._load_dataset)

    def of(self, run: Run, form: str = "raw") -> tuple[Finding, ...]:
        """Those in the notebook of this form; none where the run has none that was executed.

        Raises HarnessError where a finder fails.
        """
        if not forms.has(run, form):
            return ()
        if form == "raw" and run.findings_version == rooms.VERSION:
            return run.findings
        key = RunKey(model=run.model.name, stage=run.stage, run_id=run.run_id)
        try:
            blob = self._store.load(key, stored.FILES[form])
        except StoreError:
            blob = None
        beside = self._beside(run)
        note = _note(run, form, blob, beside) if self._finders is None else None
        if note is not None and (known := _remembered(note)) is not None:
            return known
        about = self._subject(run, form, blob, beside)
        try:
            found = look(about, self._finders)
        except Exception as error:
            raise HarnessError(
                f"the {form} notebook of run {run.run_id} could not be looked at "
                f"({type(error).__name__}: {error})"[:LONGEST],
                "It is a fault of harness; its other commands work",
            ) from error
        if note is not None:
            with contextlib.suppress(StoreError, OSError):  # it is looked for again next time
                files.write_atomic(note, _KEPT.dump_json(found))
        return found

    def renewed(self, run: Run) -> Run:
        """The record with the findings of today's finders; with none where one of them fails."""
        try:
            looked = Looked(self.of(run), rooms.VERSION if run.raw is not None else None)
        except HarnessError:
            looked = Looked()
        update = {"findings": looked.findings, "findings_version": looked.version}
        return run.model_copy(update=update)

    def subject(self, run: Run, form: str = "raw") -> Subject:
        """What is known of a stored notebook. Raises HarnessError where there is no such form."""
        key = RunKey(model=run.model.name, stage=run.stage, run_id=run.run_id)
        return self._subject(
            run, form, self._store.load(key, stored.FILES[form]), self._beside(run)
        )

    def _subject(self, run: Run, form: str, blob: bytes | None, beside: Beside) -> Subject:
        notebook, execution = forms.executed(run, form)
        about = subject(run, form, {}, notebook, beside)
        results = {one.cell: one.model_copy(update={"failure": None}) for one in execution.cells}
        shown = printed.by_stored_cell(blob, Path(stored.FILES[form]))
        return replace(about, results=results, printed=shown)

    def _beside(self, run: Run) -> Beside:
        profile, own = self._dataset(run.dataset, run.dataset_sha256)
        read = {one.name for one in run.needs if one.source != "missing"}
        return Beside(profile, frozenset(read | own), run.packages)

    def _load_dataset(self, name: str, digest: str) -> tuple[TableProfile | None, frozenset[str]]:
        """Its profile, where the run was made with that table, and what its file is called."""
        try:
            own = frozenset({datasets.load(self._store.project, name).file})
        except HarnessError:
            return None, frozenset()
        try:
            profile = datasets.open_dataset(self._store.project, name).profile
        except HarnessError:
            return None, own
        return (profile if profile.sha256 == digest else None), own


def _short(one: Finding) -> Finding:
    texts = {"message": one.message, "evidence": one.evidence, "replacement": one.replacement}
    cut = {
        name: f"{text[:LONGEST]}…"
        for name, text in texts.items()
        if text is not None and len(text) > LONGEST
    }
    return one.model_copy(update=cut) if cut else one


def _note(run: Run, form: str, blob: bytes | None, beside: Beside) -> Path:
    """Where the cache keeps what was found: by all that it depends on."""
    told = beside.profile.model_dump_json() if beside.profile is not None else ""
    parts = [
        f"{rooms.VERSION} {form} {sorted(beside.files)}",
        run.model_dump_json(exclude={"updated", "findings", "findings_version"}),
        told,
    ]
    digest = hashlib.sha256("\n".join(parts).encode(errors="replace"))
    digest.update(blob or b"")
    return cache.folder() / "findings" / f"{digest.hexdigest()}.json"


def _remembered(note: Path) -> tuple[Finding, ...] | None:
    try:
        return _KEPT.validate_json(files.read(note, 64 << 20))
    except (OSError, ValueError):
        return None
