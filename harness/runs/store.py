"""Everything under ``generated/``: ``<model>/<stage>/<run id>/`` and the files of a run."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import filelock
from pydantic import ValidationError

from harness import files
from harness.errors import RunLockedError, StoreError, UnknownNameError
from harness.notebooks import stored
from harness.ports import RunStore
from harness.project import names
from harness.records import (
    SCHEMA_VERSION,
    CellStatus,
    Record,
    Run,
    RunKey,
    RunSummary,
    RunVersions,
)
from harness.runs import index

FOLDER = "generated"
RECORD = "run.json"
MOST_BYTES = 256 << 20  # of a run's file

T = TypeVar("T", bound=Record)
Wanted = str | int | Collection[str | int] | None  # a field: this, one of these, or any


class FileStore:
    """Runs as folders of files; every file appears whole or not at all.

    ``say`` hears of each record that cannot be read, once, in one line.
    """

    def __init__(self, project: Path, say: Callable[[str], None] | None = None) -> None:
        self.project = project
        self.root = project / FOLDER
        self._say, self._told = say, set[str]()

    def folder(self, key: RunKey) -> Path:
        """Where a run's files are, there or not."""
        return self.root / key.model / key.stage / key.run_id

    def save(self, key: RunKey, name: str, blob: bytes) -> None:
        """See ``harness.ports.RunStore``."""
        files.write_atomic(self.folder(key) / name, blob)

    def load(self, key: RunKey, name: str) -> bytes | None:
        """See ``harness.ports.RunStore``."""
        return _load(self.folder(key) / name)

    def run(self, key: RunKey) -> Run | None:
        """A run's record, or None where there is none. Raises StoreError where it is broken."""
        blob = self.load(key, RECORD)
        return None if blob is None else parse(blob, self.folder(key) / RECORD)

    def listed(self) -> index.Listed:
        """A line for every run, and one for each record that is broken; opens what changed."""

        def read(path: Path) -> RunSummary | None:
            key, blob = _key(path), _load(path)
            return None if blob is None else summary(key, parse(blob, path), self.root)

        found = index.listed(self.root, RECORD, read)
        for problem in found.broken:
            self._tell(problem)
        return found

    def every(self, kept: index.Kept[T], make: Callable[[RunKey, Run, bytes], T]) -> list[T]:
        """What ``make`` makes of each record and its bytes, remembered in an index of its own."""

        def read(path: Path) -> T | None:
            key, blob = _key(path), _load(path)
            return None if blob is None else make(key, parse(blob, path), blob)

        found = index.kept(self.root, RECORD, read, kept)
        for problem in found.broken:
            self._tell(problem)
        return found.rows

    def summaries(self, **wanted: Wanted) -> list[RunSummary]:
        """The lines of runs whose fields are as wanted, newest first.

        A ``model`` may be the beginning of a name. Raises HarnessError where several begin so.
        """
        listed = self.listed().summaries
        any_of = {
            name: {value} if isinstance(value, str | int) else set(value)
            for name, value in wanted.items()
            if value is not None
        }
        if "model" in any_of:
            known = {one.model for one in listed}
            given = map(str, any_of["model"])
            any_of["model"] = {names.full_or_same("model", one, known) for one in given}
        found = [
            one
            for one in listed
            if all(getattr(one, name) in values for name, values in any_of.items())
        ]
        return sorted(found, key=lambda one: (one.updated, one.run_id), reverse=True)

    def runs(self, **wanted: Wanted) -> Iterator[tuple[RunKey, Run]]:
        """The runs whose summaries are ``wanted``, newest first; only these are opened."""
        for one in self.summaries(**wanted):
            key = _key(one.path / RECORD)
            try:
                run = self.run(key)
            except StoreError as error:  # it was whole a moment ago
                self._tell(str(error))
                continue
            if run is not None:
                yield key, run

    def find(self, prefix: str) -> tuple[RunKey, Run]:
        """The one run whose id begins so. Raises UnknownNameError, or StoreError if several do."""
        ids = {path.parent.name: path for path in self.root.glob(f"*/*/*/{RECORD}")}
        matching = [path for run_id, path in ids.items() if prefix and run_id.startswith(prefix)]
        if not matching:
            raise UnknownNameError("run", prefix, ids, "List them: harness runs")
        if len(matching) > 1:
            raise StoreError(f"{len(matching)} runs begin with '{prefix}'", "Give more of the id")
        key = _key(matching[0])
        run = self.run(key)
        if run is None:
            others = ids.keys() - {key.run_id}
            raise UnknownNameError("run", prefix, others, "List them: harness runs")
        return key, run

    def at(self, folder: Path) -> Run:
        """The run whose folder it is. Raises StoreError where it is none's."""
        try:
            model, stage, run_id = folder.resolve().relative_to(self.root.resolve()).parts
            found = self.run(RunKey(model=model, stage=stage, run_id=run_id))
        except ValueError:
            found = None
        if found is None:
            raise StoreError(f"{folder} is not the folder of a run", "See: harness open RUN")
        return found

    @contextlib.contextmanager
    def lock(self, key: RunKey) -> Iterator[None]:
        """Hold the run for this process. Raises RunLockedError at once where another holds it."""
        path = self.folder(key) / ".lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(path, timeout=0)
            lock.acquire()
        except filelock.Timeout:
            raise RunLockedError(
                f"another process is working on run {key.run_id}", "Wait for it, or use --again"
            ) from None
        except OSError as error:
            raise StoreError(
                f"{path.parent} cannot be written ({error.strerror})",
                "Make it writable, or use another folder with --project",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def work_folder(self, key: RunKey, name: str = "work") -> Path:
        """A fresh, empty folder for a kernel. What an earlier kernel left there is deleted."""
        return files.fresh(self.folder(key) / name)

    def _tell(self, problem: str) -> None:
        if self._say is not None and problem not in self._told:
            self._told.add(problem)
            self._say(problem)


def save_record(store: RunStore, key: RunKey, run: Run) -> Run:
    """Write ``run.json``; returns the record with its time. Raises StoreError."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    run = run.model_copy(update={"updated": now, "schema_version": SCHEMA_VERSION})
    text = files.to_json(run.model_dump(mode="json"))
    store.save(key, RECORD, (text + "\n").encode())
    return run


def parse(blob: bytes, path: Path) -> Run:
    """A record's bytes as a Run. Raises StoreError naming the file."""
    try:
        return Run.model_validate_json(blob)
    except ValidationError as error:
        hint = f"Delete {path.parent} and run again"
        if _is_newer(blob):
            hint = "A newer version of harness wrote it; upgrade to read it"
        first = error.errors(include_input=False)[0]
        where = ".".join(str(key) for key in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        why = f"{where}: {said}" if where else said
        raise StoreError(f"{path} is not a run record ({why})", hint) from None


def _is_newer(blob: bytes) -> bool:
    try:
        found = json.loads(blob)
    except (ValueError, RecursionError):
        return False
    version = found.get("schema_version") if isinstance(found, dict) else None
    return isinstance(version, int) and version > SCHEMA_VERSION


def _load(path: Path) -> bytes | None:
    """A file of a run. None where there is none. Raises StoreError."""
    try:
        return files.read(path, MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} could not be read ({error.strerror})") from error


def _key(path: Path) -> RunKey:
    model, stage, run_id = path.parts[-4:-1]
    try:
        return RunKey(model=model, stage=stage, run_id=run_id)
    except ValidationError:
        raise StoreError(
            f"{path} lies where no run can be: a folder above it is no name of a run's",
            "Move it out of generated/",
        ) from None


def versions(run: Run) -> RunVersions:
    """What the verdicts of a run rest on."""
    patched = run.patched
    done = run.executions.values()
    wanting = stored.base(run).execution.wanting if run.raw else ()
    return RunVersions(
        stage=run.stage,
        stage_sha256=run.stage_sha256,
        dataset=run.dataset,
        dataset_sha256=run.dataset_sha256,
        limits_sha256=tuple(one.limits_sha256 for one in done if one.limits_sha256),
        checks_sha256=tuple(one.checks_sha256 for one in done if one.checks_sha256),
        fixes=tuple((one.fix, one.sha256) for one in patched.verdicts) if patched else None,
        fixes_needed_elsewhere=bool(patched and run.raw and patched.wanting != wanting),
    )


def summary(key: RunKey, run: Run, root: Path) -> RunSummary:
    """A run as one line of a list."""
    cells = run.raw.cells if run.raw else ()
    completions = [one for reply in run.replies for one in reply.written]
    generation = sum(reply.seconds for reply in run.replies)
    own = sum(reply.own for reply in run.replies)
    repairs = [one.completion for one in (run.repaired.attempts if run.repaired else ())]
    completions += repairs
    generation += sum(one.seconds for one in repairs)
    own += sum(one.own for one in repairs)
    ran = [run.raw, run.repaired.execution if run.repaired and run.is_rewritten else None]
    ran.append(run.patched.execution if run.patched and run.patched.changes else None)
    executing = sum(one.seconds for one in ran if one is not None)
    return RunSummary(
        **dict(versions(run)),
        run_id=run.run_id,
        line_id=run.line_id,
        created=run.created,
        updated=run.updated or run.created,
        model=run.model.name,
        model_sha256=run.model.sha256,
        model_bytes=run.model.size if run.model.kind == "gguf" else None,
        synthetic=run.synthetic,
        context=run.context,
        help=run.help.label,
        seed=run.seed,
        outcome=run.outcome.value,
        cells_ok=sum(cell.status is CellStatus.OK for cell in cells),
        cells=len(cells),
        human_share=run.patched.ledger.share if run.patched else None,
        findings=dict(Counter(one.kind for one in run.findings)),
        findings_version=run.findings_version,
        completion_tokens=sum(one.completion_tokens for one in completions),
        generation_seconds=round(generation, 1),
        own_seconds=round(own, 1),
        seconds=round(generation + executing, 1),
        path=root / key.model / key.stage / key.run_id,
    )
