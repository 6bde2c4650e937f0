"""What each level of telling and helping the embedded model buys, on three tables: docs/ladder.md.

``python tools/measure_ladder.py [FOLDER [TABLE ...]]``; ``make ladder`` fetches the tables before.
It takes hours, and may be interrupted at any time: given again, it goes on. One seed after another
is made on all rungs and all tables, and the page is written after each, so that it is whole early
and only gets surer. The lowest and the highest rung get more seeds than those between. RUNGS in the
environment limits it to some, joined by commas.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from measure_workflow import MODEL, ROOT, TARGETS, harness, project

from harness import machine
from harness.analysis.ladder import Ladder, Sample, climb, page, plot
from harness.project import ladder as rungs

PAGE = ROOT / "docs/ladder.md"
FIRST_SEED, BETWEEN, ENDS = 21, 3, 5


def climb_all(folders: Sequence[Path], samples: int, names: Sequence[str]) -> None:
    """Make what is missing of these rungs, table by table."""
    asked = ("--model", MODEL, "--seed", str(FIRST_SEED), "--samples", str(samples))
    for folder in folders:
        harness(folder, "ladder", *asked, "--rungs", ",".join(names))


def stored(folder: Path) -> list[Sample]:
    """The samples of a project, as far as they are made."""
    command = [sys.executable, "-m", "harness", "ladder", "--no-run", "--json", "--model", MODEL]
    command += ["--seed", str(FIRST_SEED), "--samples", str(ENDS)]
    told = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    return [one for found in json.loads(told) for one in Ladder.model_validate(found).samples]


def text(found: Ladder) -> str:
    facts = machine.facts()
    synthetic = sorted({one.dataset for one in found.samples if one.synthetic})
    seeds = sorted({one.seed for one in found.samples})
    about = f"{facts['processor']}, {facts['cores']} cores, {int(facts['memory']) / 1e9:.0f} GB"
    lines = [
        "# What each level of help buys",
        "",
        f"Three stages on each table, written by `{MODEL}` with seeds",
        f"{seeds[0]} to {seeds[-1]}; the lowest and the highest rung have more of them than those",
        "between. No human helped; a column says how much of the code would be human with the",
        "fixes that ship. `make ladder` makes this page again, and",
        "[help](help.md#the-ladder) says what its columns mean.",
        *(["", f"Of {', '.join(synthetic)} the synthetic twin was used."] if synthetic else []),
        "",
        "![Cells, checks, tokens and seconds by rung](ladder.png)",
        "",
        page.body(found),
        f"Measured on {about}, harness {machine.version()}, by `harness ladder --model {MODEL}`.",
        "",
    ]
    return "\n".join(lines)


def write(folders: Sequence[Path]) -> None:
    """The page and its pictures, of all that is stored."""
    samples = [one for folder in folders for one in stored(folder)]
    if not samples:
        return
    found = climb(MODEL, rungs.load(folders[0]).rungs, samples)
    for kind, blob in plot.pictures(found).items():
        PAGE.with_suffix(f".{kind}").write_bytes(blob)
    PAGE.write_text(text(found))
    print(f"Wrote {PAGE}", flush=True)


def main() -> None:
    tables = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/tables").resolve()
    parent = ROOT / "build/ladder"
    parent.mkdir(parents=True, exist_ok=True)
    folders = [project(name, tables, parent) for name in sys.argv[2:] or ["telco", *TARGETS]]
    wanted = os.environ.get("RUNGS", "").replace(",", " ").split()
    every = [one.name for one in rungs.find(folders[0], wanted)]
    for samples in range(1, ENDS + 1):
        climb_all(folders, samples, every if samples <= BETWEEN else [every[0], every[-1]])
        write(folders)


if __name__ == "__main__":
    main()
