"""How long a report over many runs takes to write, how large it is, and how fast it opens.

Writes benchmarks/report.json and prints a line per size. A few hundred runs are made, the others
are these with another seed and id. Each size is written with nothing remembered, with nothing
changed, and with one record changed; the overview is opened in a headless browser where there is
one. The peer is to open and parse every record once.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import made_runs
from benchmarks import measure as measured
from benchmarks.store import parse_all, timed
from harness import machine
from harness.analysis.report import build
from harness.analysis.report.folder import Written
from harness.analysis.report.told import Report
from harness.project import scaffold
from harness.runs.store import FileStore
from tools import browser

SIZES = (1_000, 10_000)
MADE_SEEDS = 6
OPENINGS = 3
TO_REACH = "10,000 runs: the overview opens in less than 2 seconds, the folder is below 100 MB"


def fill(project: Path, size: int) -> None:
    """So many runs: those that are made, then these again under other ids and seeds."""
    made = made_runs.every(MADE_SEEDS)
    whole = [(one.run, made_runs.store(project, one)) for one in made[:size]]
    for number in range(len(whole), size):
        run, folder = whole[number % len(whole)]
        seed = run.seed + MADE_SEEDS * (number // len(whole))
        run_id = f"{number:012x}"
        text = (folder / "run.json").read_text().replace(run.run_id, run_id)
        copy = folder.parent / run_id
        copy.mkdir()
        (copy / "run.json").write_text(text.replace(f'"seed": {run.seed}', f'"seed": {seed}'))
        for path in folder.glob("*.ipynb"):
            (copy / path.name).write_bytes(path.read_bytes())


def write(project: Path) -> Written:
    return build.as_pages(Report(FileStore(project)), project / "report")


def opened(page: Path) -> float | None:
    """Seconds until the page is loaded, the median of a few times; None without a browser."""
    if browser.found() is None:
        return None
    with browser.Browser() as tab:
        return statistics.median(tab.open(page) for _ in range(OPENINGS))


def measure(size: int) -> dict[str, float | int | None]:
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        scaffold.write(project)
        fill(project, size)
        cold = timed(lambda: write(project))
        warm = timed(lambda: write(project))
        changed = next((project / "generated").glob("*/*/*/run.json"))
        changed.write_text(changed.read_text() + "\n")
        one = timed(lambda: write(project))
        done = write(project)
        loading = opened(project / "report/index.html")
        peer = timed(lambda: parse_all(project))
        index = (project / "report/index.html").stat().st_size
    return {
        "runs": size,
        "cold_seconds": round(cold, 1),
        "warm_seconds": round(warm, 2),
        "one_changed_seconds": round(one, 2),
        "peer_seconds": round(peer, 1),
        "opened_seconds": None if loading is None else round(loading, 2),
        "files": done.files,
        "folder_mb": round(done.size / 1e6, 1),
        "overview_kb": round(index / 1e3),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def main() -> None:
    rows = measured.of_sizes(
        "benchmarks.report",
        SIZES,
        lambda row: (
            f"{row['runs']:>7,} runs: written in {row['cold_seconds']} s, again in "
            f"{row['warm_seconds']} s, after one change in {row['one_changed_seconds']} s; "
            f"{row['files']:,} files, {row['folder_mb']} MB; opened in {row['opened_seconds']} s"
        ),
    )
    result = {
        "measure": "a report over many runs",
        "to_reach": TO_REACH,
        "rows": rows,
        "machine": machine.facts(),
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        main()
