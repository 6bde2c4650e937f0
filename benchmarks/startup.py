"""How long `harness --help` takes, against importing typer and rich in the same environment.

Writes benchmarks/startup.json and prints a line. Runs are interleaved; figures are medians.
"""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial

from benchmarks import measure

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
    peers = {name: partial(seconds, command) for name, command in COMMANDS.items()}
    ours, peer = measure.interleaved(ROUNDS, peers).values()
    about = ("harness --help, seconds", "<= 2.0")
    measure.keep("startup", [measure.row(*about, ours, "importing typer and rich", peer)])


if __name__ == "__main__":
    main()
