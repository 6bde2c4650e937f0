"""The cache folder of this machine, and digests of files remembered there."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from harness import files
from harness.files import OnBytes
from harness.records import ModelSpec
from harness.weights import splits

DEEPEST = 4  # a file of a repository lies in fewer folders than that, where a pattern looks for it


def folder() -> Path:
    """Where weights are kept: ``$HARNESS_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("HARNESS_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("harness")


def cached_file(spec: ModelSpec) -> Path | None:
    """Where the cache keeps this entry's weights, there or not; of several files the first.

    None for a path or a script, and for a pattern that not exactly one model here fits.
    """
    if spec.parts:
        return folder() / "weights" / spec.name / f"{spec.name}.gguf"
    if not (spec.hf and spec.file):
        return None
    kept = repository(spec)
    if not is_pattern(spec.file):
        return splits.first(kept / spec.file)
    found_here = (path for depth in range(DEEPEST) for path in kept.glob("*/" * depth + "*.gguf"))
    here = [str(path.relative_to(kept)) for path in found_here]
    found = {splits.first(kept / name) for name in matching(spec.file, here)}
    return found.pop() if len(found) == 1 else None


def repository(spec: ModelSpec) -> Path:
    """The folder of what was pulled from the entry's repository."""
    return folder() / "weights" / (spec.hf or "").replace("/", "--")


def is_pattern(file: str) -> bool:
    """Whether it may stand for several files of a repository."""
    return "*" in file or "?" in file


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Those names that a pattern with ``*`` and ``?`` fits."""
    fits = re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match
    return [name for name in names if fits(name)]


def digest_of_model(path: Path, on_bytes: OnBytes = files.ignore, *, anew: bool = False) -> str:
    """The sha256 of a model's file; of several, that of the lines of their sha256, in order.

    Remembered for each file unless it shall be computed ``anew``. Raises ModelFileError.
    """
    parts = splits.files(path)
    total, done, digests = splits.size(path), 0, []
    for part in parts:
        report = _beyond(on_bytes, done, total)
        if anew:
            digests.append(files.sha256(part, report))
            remember(part, digests[-1])
        else:
            digests.append(digest_of(part, report))
        done += part.stat().st_size
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(f"{one}\n" for one in digests).encode()).hexdigest()


def _beyond(on_bytes: OnBytes, before: int, total: int) -> OnBytes:
    return lambda done, _: on_bytes(before + done, total)


def digest_of(path: Path, on_bytes: OnBytes = files.ignore) -> str:
    """The file's sha256, remembered by path, size and modification time."""
    note = _note(path)
    try:
        known = json.loads(note.read_text())
        if known["key"] == _key(path):
            return str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    digest = files.sha256(path, on_bytes)
    remember(path, digest)
    return digest


def forget(path: Path) -> None:
    """Drop what is remembered of a file that goes."""
    _note(path).unlink(missing_ok=True)


def _key(path: Path) -> list[str | int]:
    facts = path.stat()
    return [str(path.resolve()), facts.st_size, facts.st_mtime_ns]


def _note(path: Path) -> Path:
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    return folder() / "digests" / f"{name}.json"


def remember(path: Path, digest: str) -> None:
    """Note the file's sha256, until its size or modification time changes."""
    files.write_atomic(_note(path), json.dumps({"key": _key(path), "sha256": digest}).encode())
