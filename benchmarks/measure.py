"""What the benchmarks share: the model, rounds that interleave the peers, the file of results."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from harness import machine
from harness.project import models
from harness.weights import sources

MODEL = "qwen2.5-coder-1.5b-instruct"
FOLDER = Path(__file__).parent


def model_file() -> Path:
    """The embedded model's weights, joined on first use."""
    spec = models.find(models.load(FOLDER.parent), MODEL)
    return sources.obtain(spec, FOLDER.parent)


def interleaved(rounds: int, peers: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Figures of each peer, one of each per round, so that a busy minute hits all of them."""
    figures: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(rounds):
        order = list(peers) if number % 2 == 0 else list(peers)[::-1]
        for name in order:
            figures[name].append(peers[name]())
    return figures


def row(measure: str, to_reach: str, ours: list[float], peer: str, theirs: list[float]) -> dict:
    """One line of the table: the ratio of medians, with the least and the greatest."""
    return {
        "measure": measure,
        "peer": peer,
        "ratio": round(statistics.median(ours) / statistics.median(theirs), 3),
        "to_reach": to_reach,
        "ours": spread(ours),
        "theirs": spread(theirs),
    }


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {
        "median": round(statistics.median(values), 3),
        "least": round(min(values), 3),
        "greatest": round(max(values), 3),
    }


def keep(name: str, rows: list[dict]) -> None:
    """Write ``benchmarks/NAME.json``, and print the rows."""
    result = {"rows": rows, "machine": machine.facts()}
    (FOLDER / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    for one in rows:
        print(f"{one['measure']} / {one['peer']}: {one['ratio']} (to reach: {one['to_reach']})")


def of_sizes(module: str, sizes: Iterable[int], line: Callable[[dict], str]) -> list[dict]:
    """What ``python -m module SIZE`` prints of each size, told in a line as it comes.

    A process each, so that the peak of memory is that size's own.
    """
    rows = []
    for size in sizes:
        done = subprocess.run(
            [sys.executable, "-m", module, str(size)], capture_output=True, text=True, check=True
        )
        rows.append(json.loads(done.stdout))
        print(line(rows[-1]))
    return rows
