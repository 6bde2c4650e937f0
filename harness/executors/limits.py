"""The limits that a kernel cannot be trusted to keep, watched from outside."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness import files
from harness.executors import usage
from harness.records import CellStatus, Limits, Record

INTERVAL_SECONDS = 0.2
IN_FLIGHT_SECONDS = 2.0  # who is sent a file takes it within milliseconds
MOST_FILES = 20_000
# RLIMIT_AS stops one process; this stops what many of them hold together.
MEMORY_SLACK = 1.25


class LimitExceeded(Record):
    """Which limit was passed."""

    status: CellStatus
    reason: str


async def until_exceeded(
    pid: int, folders: Sequence[Path], limits: Limits, deadline: float, over_cap: Callable[[], bool]
) -> LimitExceeded:
    """Return only when a limit is passed; cancel it when the cell ends by itself.

    ``deadline`` is in seconds of the monotonic clock; ``pid`` is the sandbox's outermost process;
    ``folders`` are those that its code may write to, and count together.
    """
    interval = INTERVAL_SECONDS / 10
    unseen_since = None
    while True:
        held = usage.held_by(pid)
        if held.memory > limits.memory_mb * MEMORY_SLACK * (1 << 20):
            held = usage.held_by(pid, exact=True)
        verdict = exceeded(held, folders, limits, deadline, over_cap)
        if verdict is not None:
            return verdict
        now = time.monotonic()
        unseen_since = (unseen_since or now) if held.in_flight else None
        if unseen_since is not None and now - unseen_since > IN_FLIGHT_SECONDS:
            return _killed("left open files waiting in a socket, where no limit sees them")
        remaining = max(0.0, deadline - time.monotonic())
        await asyncio.sleep(min(interval, remaining))
        interval = min(INTERVAL_SECONDS, interval * 2)


def exceeded(
    held: usage.Held,
    folders: Sequence[Path],
    limits: Limits,
    deadline: float,
    over_cap: Callable[[], bool],
) -> LimitExceeded | None:
    """The first limit that is passed now, or None."""
    if over_cap():
        return _killed(f"printed more than {limits.output_mb:g} MB")
    if time.monotonic() >= deadline:
        allowed = f"{limits.cell_seconds:g} s a cell, {limits.stage_seconds:g} s a stage"
        reason = f"over its limit of {allowed}"
        return LimitExceeded(status=CellStatus.TIMEOUT, reason=reason)
    if held.memory > limits.memory_mb * MEMORY_SLACK * (1 << 20):
        return _killed(f"its processes held more than {limits.memory_mb} MB of memory")
    size, count = disk_use(folders)
    if size + held.nameless > limits.disk_mb << 20:
        return _killed(f"wrote more than {limits.disk_mb} MB")
    if count > MOST_FILES:
        return _killed(f"made more than {MOST_FILES:,} files")
    return None


def disk_use(folders: Sequence[Path]) -> tuple[int, int]:
    """(bytes on disk, entries) below folders; links are not followed, stops at the cap.

    What belongs to another user than its folder does is not counted: generated code, which has but
    one user, did not write it.
    """
    size = count = 0
    for folder in folders:
        with contextlib.suppress(OSError):
            owner = folder.lstat().st_uid
            for facts in itertools.islice(files.walk(folder), MOST_FILES + 1 - count):
                count += 1
                size += facts.st_blocks * 512 if facts.st_uid == owner else 0
    return size, count


def _killed(reason: str) -> LimitExceeded:
    return LimitExceeded(status=CellStatus.KILLED, reason=reason)
