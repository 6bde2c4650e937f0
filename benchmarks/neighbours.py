"""The engine beside busy processes, by how long its threads spin while they wait for each other.

Writes benchmarks/neighbours.json. ``--spins`` also measures other numbers of spins, and OpenMP's
passive waiting, which docs/log.md is made of.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import measure
from benchmarks.decoding import ASK, engine
from harness.engines.llama.process import SPIN_COUNT
from harness.records import Sampling

ROUNDS, TOKENS = 3, 64
# What libgomp does by itself where a process has no more threads than cores:
# https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
LIBGOMP = 300_000
# Counts what it gets done in a file, so that one sees what the model took from it.
BUSY = """
import mmap, sys
file = open(sys.argv[1], "r+b")
count = mmap.mmap(file.fileno(), 8)
done = 0
while True:
    sum(range(10_000))
    done += 1
    count[:] = done.to_bytes(8, "little")
"""


class Figures(NamedTuple):
    """Tokens per second of the model, and pieces of work per second of one neighbour."""

    tokens: float
    work: float
    texts: tuple[str, ...]


@contextlib.contextmanager
def neighbours(number: int) -> Iterator[list[Path]]:
    """So many processes that never wait; each counts its work in a file."""
    with TemporaryDirectory() as folder, contextlib.ExitStack() as started:
        counts = []
        for name in range(number):
            counts.append(Path(folder, str(name)))
            counts[-1].write_bytes(bytes(8))
            process = subprocess.Popen([sys.executable, "-c", BUSY, str(counts[-1])])
            started.callback(process.wait)
            started.callback(process.kill)
        yield counts


def writing(rows: int, busy: int, waiting: dict[str, str]) -> Figures:
    """Write ``rows`` replies beside ``busy`` processes; ``waiting`` is of the environment."""
    before = dict(os.environ)
    os.environ.update(waiting)
    try:
        one = engine(rows)
        one.count_tokens(ASK)  # loaded
    finally:
        os.environ.clear()
        os.environ.update(before)
    with contextlib.closing(one), neighbours(busy) as counts:
        time.sleep(1)  # until they are at work
        sampling = Sampling(temperature=0.2, max_tokens=TOKENS)
        began = done_by(counts)
        started = time.perf_counter()
        done = one.complete(ASK, sampling, range(rows), lambda _: None)
        seconds = time.perf_counter() - started
        work = done_by(counts) - began
    if busy and not work:
        raise RuntimeError("the neighbours did nothing")
    tokens = sum(reply.completion_tokens for reply in done)
    return Figures(
        tokens / seconds, work / seconds / max(busy, 1), tuple(reply.text for reply in done)
    )


def done_by(counts: list[Path]) -> int:
    return sum(int.from_bytes(path.read_bytes(), "little") for path in counts)


def spins(count: int) -> dict[str, str]:
    return {"GOMP_SPINCOUNT": str(count)}


def compared(rows: int, busy: int) -> tuple[dict, set[tuple[str, ...]]]:
    """A row of the table, and all that was written."""
    texts: set[tuple[str, ...]] = set()

    def tokens(waiting: dict[str, str]) -> float:
        found = writing(rows, busy, waiting)
        texts.add(found.texts)
        return found.tokens

    figures = measure.interleaved(
        ROUNDS,
        {"ours": lambda: tokens(spins(SPIN_COUNT)), "libgomp": lambda: tokens(spins(LIBGOMP))},
    )
    beside = {0: "alone", 1: "beside a busy process", 2: "beside two busy processes"}[busy]
    what = "one sequence" if rows == 1 else f"{rows} samples"
    row = measure.row(
        f"{what} {beside}, tokens/s",
        ">= 0.95" if busy == 0 else ">= 1.1",
        figures["ours"],
        "libgomp's own spinning",
        figures["libgomp"],
    )
    return row, texts


def explore() -> None:
    """Tokens per second by way of waiting, and what a neighbour gets done."""
    ways = {str(count): spins(count) for count in (100, 1_000, 10_000, LIBGOMP)}
    ways["passive"] = {"OMP_WAIT_POLICY": "passive"}
    for rows in (1, 8):
        for busy in (0, 1, 2):
            for name, way in ways.items():
                found = writing(rows, busy, way)
                print(
                    f"{rows} rows, {busy} busy, {name}: {found.tokens:.1f} tokens/s, "
                    f"{found.work:.0f} pieces of work/s",
                    flush=True,
                )
    with neighbours(1) as counts:
        time.sleep(1)
        began = int.from_bytes(counts[0].read_bytes(), "little")
        time.sleep(5)
        print(
            f"neighbour alone: {(int.from_bytes(counts[0].read_bytes(), 'little') - began) / 5:.0f}"
        )


def main() -> None:
    if "--spins" in sys.argv:
        explore()
        return
    rows, written = [], {}
    for many in (1, 8):
        for busy in (0, 1, 2):
            row, texts = compared(many, busy)
            rows.append(row)
            written.setdefault(many, set()).update(texts)
    for many, texts in written.items():
        if len(texts) != 1:
            raise RuntimeError(f"{many} rows were written in {len(texts)} ways")
    measure.keep("neighbours", rows)


if __name__ == "__main__":
    main()
