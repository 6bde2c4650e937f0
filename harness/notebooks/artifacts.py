"""Files that generated code left behind, fetched without trusting a single one of them."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.records import Artifact

LARGEST = 256 << 20  # bytes


def collect(folder: Path, names: Sequence[str]) -> Iterator[tuple[Artifact, bytes]]:
    """Each promised file with its bytes; empty where it is missing or refused.

    Refused: links, devices, pipes, folders and files over ``LARGEST``. A name is a plain file name,
    so nothing outside ``folder`` is ever opened.
    """
    for name in names:
        try:
            # O_NONBLOCK: opening a pipe would wait for ever.
            handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            yield Artifact(name=name, status="missing"), b""
            continue
        except OSError as error:
            reason = "a link" if error.errno == errno.ELOOP else (error.strerror or "unreadable")
            yield Artifact(name=name, status="refused", reason=reason), b""
            continue
        try:
            yield _read(name, handle)
        finally:
            os.close(handle)


def _read(name: str, handle: int) -> tuple[Artifact, bytes]:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        return Artifact(name=name, status="refused", reason="not a regular file"), b""
    if facts.st_size > LARGEST:
        reason = f"larger than {LARGEST >> 20} MB"
        return Artifact(name=name, status="refused", size=facts.st_size, reason=reason), b""
    with os.fdopen(handle, "rb", closefd=False) as source:
        blob = source.read(LARGEST)
    digest = hashlib.sha256(blob).hexdigest()
    return Artifact(name=name, status="collected", size=len(blob), sha256=digest), blob
