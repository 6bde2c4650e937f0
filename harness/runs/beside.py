"""What a notebook reads, laid beside it, so that a person can run it where it lies."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from harness import files
from harness.errors import StoreError
from harness.notebooks import stored
from harness.runs.attempts import REPAIRS
from harness.runs.generation import REPLIES
from harness.runs.pipeline import PROMPTS
from harness.runs.store import RECORD

LARGEST_COPY = 64 << 20  # bytes; a larger file is linked to
# Never replaced, whatever a table or an artifact is called.
OF_THE_RUN = {RECORD, REPLIES, PROMPTS, REPAIRS, *stored.FILES.values()}
OF_THE_RUN |= {"artifacts", "work", "check"}


def lay_out(folder: Path, inputs: Mapping[str, Path]) -> list[str]:
    """Put each input into a run's folder; returns the names of those that a person changed.

    A copy, so that a cell which writes to it changes nothing that other runs read. What is there
    already stays as it is. A folder that cannot be written is left alone.
    """
    changed = []
    for name, source in inputs.items():
        target = folder / name
        if name in OF_THE_RUN:
            continue
        with contextlib.suppress(OSError, StoreError):
            if target.is_symlink() and not target.exists():
                target.unlink()  # what it led to is gone
            if target.exists():
                if not _is_same(target, source):
                    changed.append(name)
            elif source.stat().st_size > LARGEST_COPY:
                target.symlink_to(source.resolve())
            else:
                files.write_atomic(target, source.read_bytes())
    return changed


def renew(folder: Path, inputs: Mapping[str, Path]) -> None:
    """The same where a notebook has just been run on ``inputs``: what is others goes."""
    for name in lay_out(folder, inputs):
        with contextlib.suppress(OSError):
            (folder / name).unlink()
    lay_out(folder, inputs)


def _is_same(one: Path, other: Path) -> bool:
    if one.samefile(other):
        return True
    if one.stat().st_size != other.stat().st_size:
        return False
    return files.sha256(one) == files.sha256(other)
