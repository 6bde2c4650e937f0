"""How long `harness --help` takes, against importing typer and rich in the same environment.

Writes benchmarks/startup.json and prints a line. Runs are interleaved; figures are medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness import machine

ROUNDS = 15
COMMANDS = {
    "harness --help": [sys.executable, "-m", "harness", "--help"],
    "python -c 'import typer, rich'": [sys.executable, "-c", "import typer, rich"],
}


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            taken[name].append(seconds(command))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    ours, peer = medians.values()
    result = {
        "measure": "start-up",
        "ratio": round(ours / peer, 3),
        "to_reach": "<= 2.0",
        "median_seconds": {name: round(value, 4) for name, value in medians.items()},
        "spread_seconds": {
            name: [round(min(values), 4), round(max(values), 4)] for name, values in taken.items()
        },
        "rounds": ROUNDS,
        "machine": machine.facts(),
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n")
    print(f"harness --help: {ours / peer:.2f} × the time of importing typer and rich")


if __name__ == "__main__":
    main()
