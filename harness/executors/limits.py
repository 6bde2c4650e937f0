"""The limits that a kernel cannot be trusted to keep, watched from outside."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from harness import files
from harness.records import CellStatus, Limits, Record

INTERVAL_SECONDS = 0.2
MOST_FILES = 20_000
# RLIMIT_AS stops one process; this stops what many of them hold together.
MEMORY_SLACK = 1.25


class LimitExceeded(Record):
    """Which limit was passed."""

    status: CellStatus
    reason: str


async def until_exceeded(
    pid: int, folder: Path, limits: Limits, deadline: float, over_cap: Callable[[], bool]
) -> LimitExceeded:
    """Return only when a limit is passed; cancel it when the cell ends by itself.

    ``deadline`` is in seconds of the monotonic clock; ``pid`` is the sandbox's outermost process.
    """
    interval = INTERVAL_SECONDS / 10
    while True:
        verdict = exceeded(pid, folder, limits, deadline, over_cap)
        if verdict is not None:
            return verdict
        remaining = max(0.0, deadline - time.monotonic())
        await asyncio.sleep(min(interval, remaining))
        interval = min(INTERVAL_SECONDS, interval * 2)


def exceeded(
    pid: int, folder: Path, limits: Limits, deadline: float, over_cap: Callable[[], bool]
) -> LimitExceeded | None:
    """The first limit that is passed now, or None."""
    if over_cap():
        return _killed(f"printed more than {limits.output_mb:g} MB")
    if time.monotonic() >= deadline:
        allowed = f"{limits.cell_seconds:g} s a cell, {limits.stage_seconds:g} s a stage"
        reason = f"over its limit of {allowed}"
        return LimitExceeded(status=CellStatus.TIMEOUT, reason=reason)
    if memory_of(pid) > limits.memory_mb * MEMORY_SLACK * (1 << 20):
        return _killed(f"its processes held more than {limits.memory_mb} MB of memory")
    size, count = disk_use(folder)
    if size > limits.disk_mb << 20:
        return _killed(f"wrote more than {limits.disk_mb} MB")
    if count > MOST_FILES:
        return _killed(f"made more than {MOST_FILES:,} files")
    return None


def memory_of(pid: int) -> int:
    """Bytes held by a process and all below it; shared pages count once per process."""
    try:
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
    except psutil.Error:
        return 0
    total = 0
    for process in family:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def disk_use(folder: Path) -> tuple[int, int]:
    """(bytes on disk, entries) below a folder; links are not followed, stops at the cap."""
    size = count = 0
    for facts in itertools.islice(files.walk(folder), MOST_FILES + 1):
        size += facts.st_blocks * 512
        count += 1
    return size, count


def _killed(reason: str) -> LimitExceeded:
    return LimitExceeded(status=CellStatus.KILLED, reason=reason)
