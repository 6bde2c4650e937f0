"""How the embedded model does on three tables, five seeds each: docs/results.md, and in the README.

``python tools/measure_workflow.py [FOLDER [TABLE ...]]``; ``make results`` fetches the tables
before. FOLDER holds ``penguins.csv``, ``diamonds.csv`` and, where it may be used, IBM's
``telco.csv``; without that one its synthetic twin is measured. Given again after an interruption,
it goes on. Of each table the page has the seeds that are finished. SEEDS in the environment asks
for fewer of them, and STAGES for some of the stages, joined by commas.

docs/results.json keeps the rows: those that this machine has no runs of stay on the page, unless
they would be other runs now, because a template or the table has changed.

Tables are added as a person does it in the first five minutes: by one command, nothing described.
They are measured in the project ``build/measured``, where ``harness report`` shows all runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness import machine
from harness.batch.request import RunRequest
from harness.batch.rungs import resolve
from harness.cli.show import bytes_bar
from harness.findings import VERSION
from harness.project import ladder as rungs
from harness.project.ladder import Rung
from harness.records import CellStatus, Execution, FindingKind, Outcome, Run
from harness.runs.findings import Findings
from harness.runs.store import FileStore

ROOT = Path(__file__).parents[1]
PAGE, README = ROOT / "docs/results.md", ROOT / "README.md"
KEPT = PAGE.with_suffix(".json")
BEGIN, END = "<!-- begin: make results -->", "<!-- end: make results -->"
MODEL = "qwen2.5-coder-1.5b-instruct"
FIRST_SEED, SAMPLES = 11, int(os.environ.get("SEEDS", "5"))
TARGETS = {"penguins": "species", "diamonds": "price"}
STAGES = ("eda", "modeling", "deployment")
KINDS = [kind.value for kind in FindingKind]


class Row(NamedTuple):
    """A stage on a table, all seeds together. Pairs are as written, and with the fixes."""

    table: str
    stage: str
    runs: int
    cells: tuple[str, str]
    checks: tuple[str, str]
    passed: tuple[int, int]
    share: float
    findings: Mapping[str, int]  # by kind, as written
    line: str  # the inputs of its runs but the seed
    looked_by: int  # the version of the rules for findings
    stand_ins: int | None  # runs that read the reference's files; None: not known


def harness(folder: Path, *args: str) -> None:
    print(f"{folder.name}: harness {' '.join(args)}", flush=True)
    subprocess.run([sys.executable, "-m", "harness", *args], cwd=folder, check=True)


def project(folder: Path, tables: Path, names: Iterable[str]) -> Path:
    """The project in ``folder`` with these tables, made where it is not there yet.

    Its prompts and fixes are those of today, also where it was made long ago.
    """
    if not folder.is_dir():
        harness(folder.parent, "init", str(folder))
    for shipped in ("prompt_templates", "fixes"):
        shutil.rmtree(folder / shipped)
        shutil.copytree(ROOT / shipped, folder / shipped)
    for name in names:
        table, own = tables / f"{name}.csv", folder / "data" / name
        if name in TARGETS and not own.is_dir():
            harness(folder, "data", "add", str(table), "--target", TARGETS[name])
        elif table.is_file() and not (own / table.name).exists():
            harness(folder, "data", "import", name, str(table))
    return folder


def rows(folder: Path, name: str, asked: Mapping[str, str]) -> Iterator[Row]:
    """What came of a table, stage by stage: of runs of these lines, and of no others."""
    seeds = range(FIRST_SEED, FIRST_SEED + SAMPLES)
    store = FileStore(folder)
    findings = Findings(store)
    for stage in STAGES:
        runs = [
            run
            for _, run in store.runs(stage=stage)
            if run.seed in seeds and run.line_id == asked.get(stage) and run.raw
        ]
        if runs:
            kinds = Counter(one.kind.value for run in runs for one in findings.of(run))
            yield _row(name, stage, runs, {kind: kinds[kind] for kind in KINDS})


def _row(name: str, stage: str, runs: Sequence[Run], findings: Mapping[str, int]) -> Row:
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
        passed=(as_written, passed),
        share=sum(one.share * one.patched_lines for one in ledgers) / lines if lines else 0.0,
        findings=findings,
        line=runs[0].line_id,
        looked_by=VERSION,
        stand_ins=sum(any(one.source == "reference" for one in run.needs) for run in runs),
    )


def _cells(found: Iterable[Execution | None]) -> str:
    cells = [cell for one in found if one for cell in one.cells]
    return f"{sum(cell.status is CellStatus.OK for cell in cells)} of {len(cells)}"


def _checks(found: Iterable[Execution | None]) -> str:
    checks = [check for one in found if one for check in one.checks]
    return f"{sum(check.status.holds for check in checks)} of {len(checks)}"


def page(found: Sequence[Row]) -> str:
    """The page."""
    facts = machine.facts()
    about = f"{facts['processor']}, {facts['cores']} cores, {int(facts['memory']) / 1e9:.0f} GB"
    lines = [
        "# How the embedded model does",
        "",
        f"Three stages, seeds {FIRST_SEED} and on, as many as there are runs, written by",
        f"`{MODEL}` in `schema` context. Tables other than Telco are added",
        "by one command, and nothing is described by hand. The fixes are the shipped",
        "ones; none of them was written for these runs. `make results` makes this page again.",
        "",
        "Pairs are as written → with the fixes. A check is one property of what a stage made, such",
        "as `no blanks` of a table; those of a file that is missing count as one. A run passes",
        "where all its cells run and all its checks hold.",
        "",
        *table(found),
        "",
        *_stand_ins(found),
        "## Findings",
        "",
        "What is [imperfect](findings.md) in the notebooks as the model wrote them, whether a cell",
        "ran or not.",
        "",
        *_looked_by(found),
        f"| table | stage | {' | '.join(KINDS)} |",
        f"|---|---|{'---|' * len(KINDS)}",
        *(
            f"| {one.table} | {one.stage} | {' | '.join(str(one.findings[k]) for k in KINDS)} |"
            for one in found
        ),
        "",
        f"Last measured on {about}.",
        "",
    ]
    return "\n".join(lines)


def _stand_ins(found: Sequence[Row]) -> Iterator[str]:
    """Which runs did not read what their own run of the stage before had made."""
    told = [f"{one.table} {one.stage} {one.stand_ins}" for one in found if one.stand_ins]
    if told:
        yield f"The reference's files stood in for those of an earlier stage in: {', '.join(told)}."
        yield ""


def _looked_by(found: Sequence[Row]) -> Iterator[str]:
    """Of which rows another version of the rules looked for findings."""
    told = [f"{one.table} {one.stage}" for one in found if one.looked_by != VERSION]
    if told:
        yield f"Rules of an older version, which knew less, looked at: {', '.join(told)}."
        yield ""


def table(found: Sequence[Row]) -> Iterator[str]:
    """Cells, checks and runs of each stage on each table."""
    yield "| table | stage | runs | cells that ran | checks that held | runs that passed | human |"
    yield "|---|---|---|---|---|---|---|"
    for one in found:
        passed = " → ".join(map(str, one.passed))
        pairs = f"{' → '.join(one.cells)} | {' → '.join(one.checks)} | {passed}"
        yield f"| {one.table} | {one.stage} | {one.runs} | {pairs} | {one.share:.1%} |"


def into_readme(text: str, found: Sequence[Row]) -> str:
    """The README with the table between its two marks, and two sentences that add it up."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    runs = sum(one.runs for one in found)
    raw, fixed = (sum(one.passed[at] for one in found) for at in (0, 1))
    told = f"Of {runs} runs {raw} pass as the model wrote them, and {fixed} with the shipped fixes."
    kinds = (f"{sum(one.findings[kind] for one in found)} of {kind}" for kind in KINDS)
    told += f"\n[Findings](docs/findings.md) in what the model wrote: {', '.join(kinds)}"
    is_mixed = any(one.looked_by != VERSION for one in found)
    told += ", some of them by older rules." if is_mixed else "."
    return f"{before}{BEGIN}\n{chr(10).join(table(found))}\n\n{told}\n{END}{after}"


def lines(folder: Path, table: str, rung: Rung) -> dict[str, str]:
    """What runs of each stage under a rung would be asked now, but for the seed."""
    asked = RunRequest(models=(MODEL,), dataset=table, seed=FIRST_SEED)
    (found,) = resolve(folder, FileStore(folder), (rung,), asked, print, bytes_bar)
    return {one.plan.stage.name: one.plan.line_id for one in found.planned}


def together(folder: Path, names: Sequence[str]) -> list[Row]:
    """The rows of what was measured here, and those of before that are the same and of more."""
    before = [Row(**one) for one in json.loads(KEPT.read_text())] if KEPT.exists() else []
    (schema,) = rungs.find(folder, ["schema"])
    found = []
    for name in names:
        asked = lines(folder, name, schema)
        here = {row.stage: row for row in rows(folder, name, asked)}
        kept = {row.line: row for row in before}
        for stage in STAGES:
            both = [one for one in (here.get(stage), kept.get(asked.get(stage, ""))) if one]
            found += sorted(both, key=lambda one: -one.runs)[:1]
    return found


def main() -> None:
    tables = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/tables").resolve()
    names = sys.argv[2:] or ["telco", *TARGETS]
    (ROOT / "build").mkdir(exist_ok=True)
    folder = project(ROOT / "build/measured", tables, names)
    asked = ("--model", MODEL, "--seed", str(FIRST_SEED), "--samples", str(SAMPLES))
    wanted = [one for one in os.environ.get("STAGES", "").split(",") if one]
    asked += tuple(word for stage in wanted for word in ("--stage", stage))
    for name in names:
        harness(folder, "regenerate", "--dataset", name, *asked)
    found = together(folder, names)
    KEPT.write_text(json.dumps([one._asdict() for one in found], indent=1) + "\n")
    PAGE.write_text(page(found))
    README.write_text(into_readme(README.read_text(), found))
    print(f"Wrote {PAGE}")


if __name__ == "__main__":
    main()
