"""Adding a table: copied, split and profiled, against duckdb's SUMMARIZE and pandas' describe.

Writes benchmarks/tables.json and prints a line per row. The table is invented: whole numbers,
decimals with gaps, levels, dates written day first, codes, short texts. Each side is a process of
its own, whose peak of memory is measured too. ``--full`` takes five million rows of two hundred
columns in one round, writes benchmarks/tables_full.json, and leaves out pandas, which would hold
all of them in memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import duckdb

from benchmarks import measure

SIZES = {"short": (400_000, 60, 3), "full": (5_000_000, 200, 1)}  # rows, columns, rounds
BOUND = 2000  # MB
COLUMNS = (
    "(hash(i, {n}) % 1000000)::INT",
    "CASE WHEN hash(i, {n}) % 9 > 0 THEN round(hash(i, {n}) % 10000000 / 997, 3) END",
    "['low', 'middle', 'high', 'none'][1 + (hash(i, {n}) % 4)::INT]",
    "strftime(DATE '2015-01-01' + (hash(i, {n}) % 3000)::INT, '%d.%m.%Y')",
    "'K-' || (hash(i, {n}) % 90000)",
    "(hash(i, {n}) % 30)::INT",
    "round(hash(i, {n}) % 100000 / 7919, 6)",
    "['red fox', 'grey wolf', 'brown bear'][1 + (hash(i, {n}) % 3)::INT] || ' ' || i % 800",
)
SPEC = """description = "Invented rows."
task = "binary"
target = "target"
positive = "1"
holdout = 0.2
file = "big.csv"
"""
SUMMARIZE = (
    "import duckdb, sys; duckdb.sql(f\"SUMMARIZE FROM read_csv('{sys.argv[1]}')\").fetchall()"
)
DESCRIBE = "import pandas, sys; pandas.read_csv(sys.argv[1]).describe(include='all')"


def write(path: Path, rows: int, columns: int) -> None:
    """A table with so many columns, and a target."""
    made = [COLUMNS[n % len(COLUMNS)].format(n=n) + f" AS x{n}" for n in range(columns - 1)]
    select = f"SELECT {', '.join(made)}, (hash(i) % 2)::INT AS target FROM range({rows}) t(i)"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (HEADER)")


def timed(peaks: list[float], command: list[str], **more: str) -> float:
    """Seconds of a process; its peak of memory in MB goes into ``peaks``."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **more})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    peaks.append(usage.ru_maxrss / 1024)
    return time.perf_counter() - begun


def ours(peaks: list[float], table: Path) -> float:
    """``harness data import`` in a new project, with an empty cache."""
    with tempfile.TemporaryDirectory(dir=table.parent) as scratch:
        dataset = Path(scratch, "data/big")
        dataset.mkdir(parents=True)
        (dataset / "dataset.toml").write_text(SPEC)
        Path(scratch, "models.toml").write_text("")
        command = [sys.executable, "-m", "harness", "data", "import", "big", str(table)]
        return timed(peaks, [*command, "--project", scratch], HARNESS_CACHE=f"{scratch}/cache")


def main(size: str) -> None:
    rows, columns, rounds = SIZES[size]
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(scratch, "big.csv")
        write(table, rows, columns)
        peaks: list[float] = []
        others: list[float] = []
        peers = {
            "ours": partial(ours, peaks, table),
            "duckdb": partial(timed, others, [sys.executable, "-c", SUMMARIZE, str(table)]),
        }
        if size == "short":
            peers["pandas"] = partial(timed, [], [sys.executable, "-c", DESCRIBE, str(table)])
        seconds = measure.interleaved(rounds, peers)
        what = f"{rows:,} rows, {columns} columns, {table.stat().st_size / 1e9:.2f} GB"
    named = {"duckdb": "duckdb's SUMMARIZE", "pandas": "pandas' read_csv and describe"}
    about = (f"a table added, split and profiled ({what}), seconds", "reported")
    found = [
        measure.row(*about, seconds["ours"], named[peer], seconds[peer])
        for peer in peers
        if peer != "ours"
    ]
    memory = ("the same, peak of memory, MB", "<= 1.0")
    found.append(measure.row(*memory, peaks, f"a bound of {BOUND:,} MB", [float(BOUND)]))
    found.append(measure.row(memory[0], "reported", peaks, named["duckdb"], others))
    name = "tables" if size == "short" else "tables_full"
    measure.keep(name, found)


if __name__ == "__main__":
    main("full" if "--full" in sys.argv[1:] else "short")
