"""Takes a model's weights out of the cache; a file of the user's own is never touched."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from harness.errors import ModelFileError
from harness.records import ModelSpec
from harness.weights import cache, splits


def cached(spec: ModelSpec) -> list[Path]:
    """The files of the cache that belong to an entry: its weights, and begun downloads of them.

    Raises ModelFileError where the entry leads out of the cache.
    """
    target = cache.cached_file(spec)
    if target is None:
        return []
    root = (cache.folder() / "weights").resolve()
    if not target.parent.resolve().is_relative_to(root) or ".." in target.parts:
        raise ModelFileError(
            f"the file of {spec.name} would be {target}, which is outside of the cache",
            "Correct its hf and file in models.toml",
        )
    return sorted(dict.fromkeys(_files(target)))


def _files(target: Path) -> Iterator[Path]:
    split = splits.part(target.name)
    whole = rf"{re.escape(split.stem)}-[0-9]{{5}}-of-{split.total:05d}\.gguf" if split else None
    name = whole or re.escape(target.name)
    begun = rf"\.(?:{name})\.[0-9a-f]{{16}}\.incomplete"
    joining = rf"(?:{re.escape(target.stem)})\.[0-9]+\.part"
    wanted = re.compile(f"{name}|{begun}|{joining}")
    with contextlib.suppress(OSError):
        for path in target.parent.iterdir():
            is_file = path.is_file() or path.is_symlink()
            if is_file and wanted.fullmatch(path.name):
                yield path


def remove(spec: ModelSpec) -> list[Path]:
    """Delete an entry's files in the cache; returns them.

    Raises ModelFileError where another command pulls them at the moment, or they cannot be deleted.
    """
    target = cache.cached_file(spec)
    found = cached(spec)
    if target is None or not found:
        return []
    locks = [target.parent / f".{name}.lock" for name in splits.names(target.name)]
    try:
        with contextlib.ExitStack() as held:  # each part is pulled under a lock of its own
            for lock in locks:
                held.enter_context(FileLock(lock, timeout=0))
            for path in found:
                cache.forget(path)
                path.unlink(missing_ok=True)
    except Timeout:
        raise ModelFileError(
            f"another command is pulling {spec.name}", "Wait for it, and try again"
        ) from None
    except OSError as error:
        raise ModelFileError(
            f"{error.filename or target} could not be deleted ({error.strerror})",
            "Make the cache writable",
        ) from error
    with contextlib.suppress(OSError):
        for lock in locks:
            lock.unlink(missing_ok=True)
        target.parent.rmdir()
    return found
