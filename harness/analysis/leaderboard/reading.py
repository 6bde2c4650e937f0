"""Lines of runs from projects and from result files, which anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from harness import files
from harness.analysis.leaderboard.entries import FORMAT, VERSION, Entry, Results, entry
from harness.errors import HarnessError
from harness.project import location
from harness.runs.findings import Findings
from harness.runs.store import FileStore

LARGEST = 256 << 20  # bytes of a result file

Say = Callable[[str], None]


def read(paths: Iterable[Path], say: Say) -> Iterator[Entry]:
    """The lines in projects, result files, and folders that hold such.

    A file that is named and is no result file raises HarnessError. In a folder, such a file is
    passed over; one that is broken is told to ``say``.
    """
    for path in paths:
        if path.is_dir():
            yield from _folder(path, say)
        elif path.is_file():
            yield from _file(path)
        else:
            raise HarnessError(f"{path} is not there", "Name a project, or a result file")


def merged(entries: Iterable[Entry]) -> list[Entry]:
    """Each run once: of a run that two machines made, or a file that was copied, the newest."""
    found: dict[str, Entry] = {}
    for one in entries:
        if one.run_id not in found or found[one.run_id].updated < one.updated:
            found[one.run_id] = one
    return sorted(found.values(), key=lambda one: one.run_id)


def of_project(project: Path, say: Say) -> Iterator[Entry]:
    """The executed runs of a project."""
    store = FileStore(project, say)
    looked = Findings(store)
    for _, run in store.runs():
        if run.raw is not None:
            yield entry(looked.renewed(run))


def _folder(folder: Path, say: Say) -> Iterator[Entry]:
    if location.is_project(folder):
        yield from of_project(folder, say)
        return
    found = False
    for below in sorted(one for one in folder.iterdir() if one.is_dir()):
        if location.is_project(below):
            found = True
            yield from of_project(below, say)
    for path in sorted((*folder.glob("*.json"), *folder.glob("*/*.json"))):
        if not path.is_file() or location.is_project(path.parent):
            continue
        try:
            blob = files.read(path, LARGEST)
        except OSError as error:
            say(f"{path} could not be read ({error.strerror})")
            continue
        if FORMAT.encode() not in blob:
            continue  # a file of something else
        found = True
        try:
            yield from _parsed(blob, path)
        except HarnessError as error:
            say(str(error))
    if not found:
        raise HarnessError(
            f"{folder} holds no project and no result file",
            "Write one: harness leaderboard --json > results.json",
        )


def _file(path: Path) -> tuple[Entry, ...]:
    try:
        blob = files.read(path, LARGEST)
    except OSError as error:
        raise HarnessError(f"{path} could not be read ({error.strerror})") from None
    return _parsed(blob, path)


def _parsed(blob: bytes, path: Path) -> tuple[Entry, ...]:
    try:
        return Results.model_validate_json(blob).results
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][:4])
        hint = "Write it anew: harness leaderboard --json"
        if _version(blob) > VERSION:
            hint = "A newer version of harness wrote it; upgrade to read it"
        told = f"{where}: {first['msg']}" if where else first["msg"]
        raise HarnessError(f"{path} is no result file ({told})", hint) from None


def _version(blob: bytes) -> int:
    try:
        found = json.loads(blob)
    except (ValueError, RecursionError):
        return 0
    version = found.get("version") if isinstance(found, dict) else None
    return version if isinstance(version, int) else 0
