"""How the embedded model does on three tables, five seeds each: writes docs/results.md.

``python tools/measure_workflow.py [FOLDER [TABLE ...]]``; ``make results`` fetches the tables
before. FOLDER holds ``penguins.csv``, ``diamonds.csv`` and, where it may be used, IBM's
``telco.csv``; without that one its synthetic twin is measured. Given again after an interruption,
it goes on. Of each table the page has the seeds that are finished.

Tables are added as a person does it in the first five minutes: by one command, nothing described.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from harness import machine
from harness.records import CellStatus, Execution, Outcome, Run
from harness.runs.store import FileStore

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/results.md"
MODEL = "qwen2.5-coder-1.5b-instruct"
FIRST_SEED, SAMPLES = 11, 5
TARGETS = {"penguins": "species", "diamonds": "price"}
STAGES = ("eda", "modeling", "deployment")


class Row(NamedTuple):
    """A stage on a table, all seeds together. Pairs are as written, and with the fixes."""

    table: str
    stage: str
    runs: int
    cells: tuple[str, str]
    checks: tuple[str, str]
    passed: tuple[str, str]
    share: float


def harness(folder: Path, *args: str) -> None:
    print(f"{folder.name}: harness {' '.join(args)}", flush=True)
    subprocess.run([sys.executable, "-m", "harness", *args], cwd=folder, check=True)


def project(name: str, tables: Path, parent: Path) -> Path:
    """The project of a table, made where it is not there yet."""
    folder = parent / name
    if folder.is_dir():
        return folder
    table = tables / f"{name}.csv"
    if name in TARGETS:
        harness(parent, "init", str(folder), "--table", str(table), "--target", TARGETS[name])
        return folder
    harness(parent, "init", str(folder))
    if table.is_file():
        harness(folder, "data", "import", name, str(table))
    return folder


def rows(name: str, folder: Path) -> Iterable[Row]:
    seeds = range(FIRST_SEED, FIRST_SEED + SAMPLES)
    store = FileStore(folder)
    for stage in STAGES:
        runs = [run for _, run in store.runs(stage=stage) if run.seed in seeds]
        if runs:
            yield _row(name, stage, runs)


def _row(name: str, stage: str, runs: Sequence[Run]) -> Row:
    raw = [run.raw for run in runs if run.raw]
    final = [run.patched.execution if run.patched else run.raw for run in runs]
    ledgers = [run.patched.ledger for run in runs if run.patched]
    lines = sum(one.patched_lines for one in ledgers)
    as_written = sum(run.outcome is Outcome.RAW for run in runs)
    passed = sum(run.outcome in (Outcome.RAW, Outcome.PATCHED) for run in runs)
    return Row(
        table=f"{name} (twin)" if runs[0].synthetic else name,
        stage=stage,
        runs=len(runs),
        cells=(_cells(raw), _cells(final)),
        checks=(_checks(raw), _checks(final)),
        passed=(str(as_written), str(passed)),
        share=sum(one.share * one.patched_lines for one in ledgers) / lines if lines else 0.0,
    )


def _cells(found: Iterable[Execution | None]) -> str:
    cells = [cell for one in found if one for cell in one.cells]
    return f"{sum(cell.status is CellStatus.OK for cell in cells)} of {len(cells)}"


def _checks(found: Iterable[Execution | None]) -> str:
    checks = [check for one in found if one for check in one.checks]
    return f"{sum(check.status.holds for check in checks)} of {len(checks)}"


def page(found: Sequence[Row]) -> str:
    facts = machine.facts()
    lines = [
        "# How the embedded model does",
        "",
        f"Three stages, seeds {FIRST_SEED} to {FIRST_SEED + SAMPLES - 1}, written by",
        f"`{MODEL}` in `schema` context. Tables other than Telco are added",
        "by `harness init --table`, and nothing is described by hand. The fixes are the shipped",
        "ones; none of them was written for these runs. `make results` makes this page again.",
        "",
        "Pairs are as written → with the fixes. A check is one property of what a stage made, such",
        "as `no blanks` of a table; those of a file that is missing count as one. A run passes",
        "where all its cells run and all its checks hold.",
        "",
        "| table | stage | runs | cells that ran | checks that held | runs that passed | human |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        pairs = " | ".join(" → ".join(pair) for pair in (one.cells, one.checks, one.passed))
        lines.append(f"| {one.table} | {one.stage} | {one.runs} | {pairs} | {one.share:.1%} |")
    about = f"{facts['processor']}, {facts['cores']} cores, {int(facts['memory']) / 1e9:.0f} GB"
    return "\n".join([*lines, "", f"Measured on {about}.", ""])


def main() -> None:
    tables = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/tables").resolve()
    parent = ROOT / "build/results"
    parent.mkdir(parents=True, exist_ok=True)
    names = sys.argv[2:] or ["telco", *TARGETS]
    asked = ("--model", MODEL, "--seed", str(FIRST_SEED), "--samples", str(SAMPLES))
    for name in names:
        harness(project(name, tables, parent), "regenerate", *asked)
    found = [row for name in names for row in rows(name, parent / name)]
    PAGE.write_text(page(found))
    print(json.dumps([one._asdict() for one in found], indent=1))


if __name__ == "__main__":
    main()
