"""Whether eight rows are read sooner in two batches of four: measured once on a machine.

llama.cpp has other kernels from eight rows on; which of them are faster differs from processor to
processor (docs/log.md). The answer decides which rows share a batch, and with it the last bits of
every score, so it is kept on disk beside the states of the cache, and not measured again.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from harness.engines.llama.batches import KERNEL_ROWS, WIDE_ROWS
from harness.engines.llama.bindings import LlamaContext, Row
from harness.records import Record

ROUNDS = 3
CLEARLY = 0.97  # of the time of one batch: a draw is no reason to split


class BatchTiming(Record):
    """Seconds that eight rows take, the least of some rounds; the file's content."""

    whole: float
    halves: float

    @property
    def split(self) -> bool:
        """Whether halves are clearly sooner."""
        return self.halves < CLEARLY * self.whole


def splits(
    context: LlamaContext,
    concurrent: int,
    path: Path,
    clock: Callable[[], float] = time.perf_counter,
) -> bool:
    """Whether halves are sooner, as measured before, or now on an empty cache."""
    if concurrent < WIDE_ROWS:
        return False  # it never comes to that
    try:
        return BatchTiming.model_validate_json(path.read_bytes()).split
    except (OSError, ValueError):
        found = _measure(context, clock)
    scratch = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(found.model_dump_json())
        scratch.replace(path)
    return found.split


def _measure(context: LlamaContext, clock: Callable[[], float]) -> BatchTiming:
    """Read eight rows both ways, in turns; the cache is empty again afterwards."""
    rows = [Row(0, 0, sequence, wanted=True) for sequence in range(WIDE_ROWS)]
    whole, halves = [], []
    for _ in range(ROUNDS + 1):
        whole.append(_seconds(context, clock, [rows]))
        halves.append(_seconds(context, clock, [rows[:KERNEL_ROWS], rows[KERNEL_ROWS:]]))
    return BatchTiming(whole=min(whole[1:]), halves=min(halves[1:]))  # the first touch the weights


def _seconds(context: LlamaContext, clock: Callable[[], float], batches: list[list[Row]]) -> float:
    started = clock()
    for rows in batches:
        context.read(rows)
    ended = clock()
    for sequence in range(WIDE_ROWS):
        context.cut(sequence, 0)
    return ended - started
