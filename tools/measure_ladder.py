"""What each level of telling and helping the embedded model buys, on three tables: docs/ladder.md.

``python tools/measure_ladder.py [FOLDER [TABLE ...]]``; ``make ladder`` fetches the tables before.
Its seeds are those of ``make results``, so that both share the runs of the rung ``schema``.
It takes hours, and may be interrupted at any time: given again, it goes on. One seed after another
is made on all rungs and all tables, and the page is written after each, so that it is whole early
and only gets surer. The lowest and the highest rung get more seeds than those between. RUNGS in the
environment limits it to some, joined by commas, and SEEDS to so many.

docs/ladder.json keeps the numbers, so that a machine adds to what others measured: seeds that are
there are not made again, and samples of runs that would be others now, because a template or the
help has changed, are left out. With ``SEEDS=0`` the page is written of what is there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from measure_workflow import FIRST_SEED, MODEL, ROOT, TARGETS, harness, lines, project

from harness import machine
from harness.analysis.ladder import Ladder, Sample, climb, page, plot
from harness.project import ladder as rungs
from harness.project.ladder import Rung

PAGE = ROOT / "docs/ladder.md"
BETWEEN, ENDS = 3, 5


class Missing:
    """Says of which rungs a seed on a table is not measured as it would be made today."""

    def __init__(self, folder: Path, kept: Iterable[Sample]) -> None:
        self._folder = folder
        self._known = {(one.dataset, one.stage, one.rung, one.seed): one.line for one in kept}

    def is_known(self, table: str, seed: int, rung: Rung) -> bool:
        """Whether all stages were measured, by the very inputs that they would have now."""
        return all(
            self._known.get((table, stage, rung.name, seed)) == line
            for stage, line in lines(self._folder, table, rung).items()
        )


def climb_all(
    folder: Path, seed: int, tables: Sequence[str], names: Sequence[Rung], missing: Missing
) -> None:
    """Make what is missing of a seed on these rungs, table by table."""
    for table in tables:
        for rung in names:
            if not missing.is_known(table, seed, rung):
                asked = ("--model", MODEL, "--seed", str(seed), "--rungs", rung.name)
                harness(folder, "ladder", "--dataset", table, *asked)


def stored(folder: Path, tables: Sequence[str]) -> list[Sample]:
    """The samples of a project, as far as they are made."""
    command = [sys.executable, "-m", "harness", "ladder", "--no-run", "--json", "--model", MODEL]
    command += ["--seed", str(FIRST_SEED), "--samples", str(ENDS)]
    command += [word for table in tables for word in ("--dataset", table)]
    told = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    return [one for found in json.loads(told) for one in Ladder.model_validate(found).samples]


def kept() -> list[Sample]:
    """The samples of the page as it stands."""
    numbers = PAGE.with_suffix(".json")
    return list(Ladder.model_validate_json(numbers.read_text()).samples) if numbers.exists() else []


def of_today(folder: Path, tables: Sequence[str], samples: Iterable[Sample]) -> list[Sample]:
    """Those whose runs would be the same ones now: of this table, these prompts and this help."""
    now = {
        (table, stage, rung.name, line)
        for table in tables
        for rung in rungs.load(folder).rungs
        for stage, line in lines(folder, table, rung).items()
    }
    return [one for one in samples if (one.dataset, one.stage, one.rung, one.line) in now]


def together(here: Sequence[Sample], before: Sequence[Sample]) -> list[Sample]:
    """Those that were made here, and other seeds of those of before."""
    seeds = {(one.rung, one.dataset, one.stage, one.seed) for one in here}
    keys = [(one.rung, one.dataset, one.stage, one.seed) for one in before]
    return [*here, *(one for key, one in zip(keys, before, strict=True) if key not in seeds)]


def text(found: Ladder) -> str:
    facts = machine.facts()
    synthetic = sorted({one.dataset for one in found.samples if one.synthetic})
    seeds = sorted({one.seed for one in found.samples})
    about = f"{facts['processor']}, {facts['cores']} cores, {int(facts['memory']) / 1e9:.0f} GB"
    lines = [
        "# What each level of help buys",
        "",
        f"Three stages on each table, written by `{MODEL}` with",
        (f"seeds {seeds[0]} to {seeds[-1]}" if seeds[1:] else f"the seed {seeds[0]}")
        + ". Rungs without a line have not been measured yet. No human helped;",
        "a column says how much of the code would be human with the fixes that ship. `make ladder`",
        "adds to this page, and [help](help.md#the-ladder) says what its columns mean.",
        *(["", f"Of {', '.join(synthetic)} the synthetic twin was used."] if synthetic else []),
        "",
        "![Cells, checks, tokens and seconds by rung](ladder.png)",
        "",
        page.body(found),
        f"Measured on {about}, harness {machine.version()}, by `harness ladder --model {MODEL}`.",
        "",
    ]
    return "\n".join(lines)


def write(folder: Path, tables: Sequence[str]) -> None:
    """The page and its pictures, of all that is stored."""
    samples = together(stored(folder, tables), of_today(folder, tables, kept()))
    if not samples:
        return
    found = climb(MODEL, rungs.load(folder).rungs, samples)
    for kind, blob in plot.pictures(found).items():
        PAGE.with_suffix(f".{kind}").write_bytes(blob)
    PAGE.with_suffix(".json").write_text(found.model_dump_json(indent=1) + "\n")
    PAGE.write_text(text(found))
    print(f"Wrote {PAGE}", flush=True)


def main() -> None:
    files = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/tables").resolve()
    tables = sys.argv[2:] or ["telco", *TARGETS]
    (ROOT / "build").mkdir(exist_ok=True)
    folder = project(ROOT / "build/measured", files, tables)
    wanted = os.environ.get("RUNGS", "").replace(",", " ").split()
    every = rungs.find(folder, wanted)
    missing = Missing(folder, kept())
    write(folder, tables)
    for number in range(int(os.environ.get("SEEDS", ENDS))):
        names = every if number < BETWEEN else (every[0], every[-1])
        climb_all(folder, FIRST_SEED + number, tables, names, missing)
        write(folder, tables)


if __name__ == "__main__":
    main()
