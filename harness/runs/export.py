"""Runs as one tidy table: a row per executed cell, for pandas and the like."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness import files
from harness.records import Run

COLUMNS = (
    "run_id", "line_id", "created", "model", "model_sha256", "stage", "stage_sha256", "dataset",
    "dataset_sha256", "synthetic", "context", "help", "seed", "outcome", "stale", "form", "step",
    "cell", "position", "status", "error", "message", "failure", "seconds", "warnings", "fixes",
)  # fmt: skip


Stale = Callable[[Run], Sequence[str]]
"""Gives the reasons for which a run is out of date."""


def rows(runs: Iterable[Run], stale: Stale = lambda _: ()) -> Iterator[dict[str, Any]]:
    """A row for each cell of each executed notebook: raw, repaired and patched."""
    for run in runs:
        about = {
            "run_id": run.run_id,
            "line_id": run.line_id,
            "created": run.created,
            "model": run.model.name,
            "model_sha256": run.model.sha256,
            "stage": run.stage,
            "stage_sha256": run.stage_sha256,
            "dataset": run.dataset,
            "dataset_sha256": run.dataset_sha256,
            "synthetic": run.synthetic,
            "context": run.context,
            "help": run.help.label,
            "seed": run.seed,
            "outcome": run.outcome.value,
            "stale": "; ".join(stale(run)),
        }
        touched: dict[str, list[str]] = {}
        for verdict in run.patched.verdicts if run.patched else ():
            for effect in verdict.cells:
                touched.setdefault(effect.cell, []).append(verdict.fix)
        for form, execution in run.executions.items():
            for position, cell in enumerate(execution.cells):
                yield {
                    **about,
                    "form": form,
                    "step": cell.step,
                    "cell": cell.cell,
                    "position": position,
                    "status": cell.status.value,
                    "error": cell.error,
                    "message": cell.message,
                    "failure": cell.failure,
                    "seconds": cell.seconds,
                    "warnings": len(cell.warnings),
                    "fixes": " ".join(touched.get(cell.cell, ())) if form == "patched" else None,
                }


def written(runs: Iterable[Run], kind: str, stale: Stale = lambda _: ()) -> tuple[bytes, int]:
    """The rows as a ``csv`` or ``parquet`` file, and how many there are. Raises StoreError."""
    count = 0
    with files.Scratch() as scratch:
        table = scratch / "cells.csv"
        with table.open("w", newline="", encoding="utf-8", errors="replace") as out:
            writer = csv.DictWriter(out, COLUMNS)
            writer.writeheader()
            for row in rows(runs, stale):
                writer.writerow(row)
                count += 1
        if kind == "parquet":
            import duckdb  # noqa: PLC0415 - slow to import

            target = scratch / "cells.parquet"
            duckdb.read_csv(str(table), header=True, sample_size=-1).write_parquet(str(target))
            table = target
        return table.read_bytes(), count


def write(runs: Iterable[Run], path: Path, kind: str, stale: Stale = lambda _: ()) -> int:
    """Write the rows as ``csv`` or ``parquet``; returns how many. Raises StoreError."""
    blob, count = written(runs, kind, stale)
    files.write_atomic(path, blob)
    return count
