"""The cache folder of this machine, and digests of files remembered there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import platformdirs

from harness import files
from harness.files import OnBytes
from harness.records import ModelSpec


def folder() -> Path:
    """Where weights are kept: ``$HARNESS_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("HARNESS_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("harness")


def cached_file(spec: ModelSpec) -> Path | None:
    """Where the cache keeps this entry's weights, there or not; None for a path or a script."""
    if spec.parts:
        return folder() / "weights" / spec.name / f"{spec.name}.gguf"
    if spec.hf and spec.file:
        return folder() / "weights" / spec.hf.replace("/", "--") / spec.file
    return None


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
