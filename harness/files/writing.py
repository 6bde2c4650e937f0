"""Files written whole or not at all, JSON for them, and digests of large ones."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness.errors import StoreError
from harness.files.reading import opened

NO_ASCII = re.compile(r"[^\x00-\x7f]+")
CHUNK = 8 << 20  # bytes
OnBytes = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


def ignore(_done: int, _total: int) -> None:
    """An OnBytes for those who do not look."""


def part(on_bytes: OnBytes, first: float, last: float, total: int = 0) -> OnBytes:
    """An OnBytes for a step of some work, from this share of the whole to that.

    ``total`` is how many bytes the whole is said to be, where the step has other ones.
    """

    def report(done: int, step: int) -> None:
        whole = total or step
        on_bytes(round(whole * (first + (last - first) * done / max(step, 1))), whole)

    return ignore if on_bytes is ignore else report


def write_atomic(path: Path, blob: bytes, *, lasting: bool = True) -> None:
    """Replace ``path`` by ``blob``; a reader sees the old bytes or the new ones, never a part.

    ``lasting``: it outlasts a loss of power; what can be made again at any time need not.

    Raises StoreError where the folder cannot be written or the disk is full; the old file stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _cannot(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(blob)
            if lasting:
                out.flush()
                os.fsync(out.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _cannot(path, error) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sha256(path: Path, on_bytes: OnBytes = ignore) -> str:
    """Hex digest of a regular file, read once in pieces. Raises OSError."""
    digest, done = hashlib.sha256(), 0
    with opened(path) as source:
        total = os.fstat(source.fileno()).st_size
        while block := source.read(CHUNK):
            digest.update(block)
            done += len(block)
            on_bytes(done, total)
    return digest.hexdigest()


def copy(source: Path, target: Path) -> str:
    """Write a regular file's bytes into ``target``; returns their sha256. Raises OSError."""
    digest = hashlib.sha256()
    with opened(source) as read, target.open("wb") as out:
        while block := read.read(CHUNK):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def to_json(value: object, indent: int | None = 1, *, ascii_only: bool = False) -> str:
    """``value``, of JSON's types, as JSON that any reader takes.

    NaN and infinity, which JSON has not, become null; surrogates without a partner, which UTF-8
    has not, become question marks.
    """
    try:
        text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), indent=indent, ensure_ascii=False, allow_nan=False)
    text = text.encode(errors="replace").decode()
    return NO_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text) if ascii_only else text


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def text_digest(text: str) -> str:
    """sha256 of a text, as hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _cannot(path: Path, error: OSError) -> StoreError:
    hints = {
        errno.ENOSPC: "Free some space and run the same command again; it goes on from here",
        errno.EDQUOT: "Your disk quota is used up; free some and run the same command again",
        errno.EACCES: "Make the folder writable, or use another one with --project",
        errno.EPERM: "Make the folder writable, or use another one with --project",
        errno.EROFS: "The file system is read-only; use another folder with --project",
    }
    return StoreError(
        f"{path} could not be written ({error.strerror})", hints.get(error.errno or 0, "")
    )
