"""Makes the runs that a ladder lacks, rung by rung, and the ladder of those that are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness import files, wiring
from harness.analysis.ladder import Ladder, Sample, climb, sample_of
from harness.batch import estimate, rungs
from harness.batch.request import RunRequest
from harness.batch.rungs import RungRuns
from harness.cli import ladder_tables, make_runs, show
from harness.project import stages
from harness.project.ladder import Rung
from harness.runs.store import FileStore


class Climbed(NamedTuple):
    """A ladder per model, and how many runs could not be made."""

    ladders: list[Ladder]
    failed: int


def climbed(
    folder: Path, wanted: Sequence[Rung], requests: Sequence[RunRequest], *, makes: bool
) -> Climbed:
    """The ladders over all ``requests``, which differ in the table. ``makes``: what is missing."""
    store = FileStore(folder, show.notice)
    failed = 0
    seen: list[RungRuns] = []
    for asked in requests:
        found = rungs.resolve(folder, store, wanted, asked, show.notice, show.bytes_bar)
        if makes:
            found, lost = _made(folder, store, found)
            failed += lost
        seen += found
    return Climbed(list(_ladders(wanted, seen)), failed)


def _made(folder: Path, store: FileStore, found: list[RungRuns]) -> tuple[list[RungRuns], int]:
    """The rungs with all their runs, and how many failed; one rung after another."""
    expected = estimate.expected([run for one in found for run in one.planned], store.summaries())
    ladder_tables.print_plan(found, expected)
    for one in found:
        for model in one.matrix.models if one.matrix else ():
            names = [stage.name for stage in one.matrix.stages] if one.matrix else []
            wiring.check_stages(model.identity, model.weights, names, stages.names(folder))
    failed = 0
    climbing = [one for one in found if one.todo]
    for number, one in enumerate(climbing, 1):
        if one.matrix is None:
            continue
        show.info()
        show.info(f"Rung {number} of {len(climbing)}: {_title(one.rung)}", style="bold")
        ended = make_runs.several(folder, store, one.matrix, one.planned, kind="local")
        failed += sum(run.error is not None for run in ended)
    return [rungs.again(folder, store, one) for one in found], failed


def _title(rung: Rung) -> str:
    return f"{rung.name}, {rung.context} context" + (f", {rung.label}" if rung.label else "")


def _ladders(wanted: Sequence[Rung], seen: Sequence[RungRuns]) -> Iterator[Ladder]:
    """One for each model that has a run."""
    samples: dict[str, list[Sample]] = {}
    missing: dict[str, dict[str, int]] = {}
    problems = {one.rung.name: str(one.problem) for one in seen if one.problem is not None}
    for one in seen:
        for planned in one.planned:
            name, run = planned.plan.model.name, planned.run
            if run is not None and run.raw is not None:
                samples.setdefault(name, []).append(sample_of(run, one.rung.name))
            else:
                lacking = missing.setdefault(name, {})
                lacking[one.rung.name] = lacking.get(one.rung.name, 0) + 1
    for name, found in samples.items():
        yield climb(name, wanted, found, missing.get(name), problems)


def write(ladders: Sequence[Ladder], out: Path) -> None:
    """Table, plot and numbers of each ladder, under ``out``. Raises StoreError."""
    from harness.analysis.ladder import page, plot

    for one in ladders:
        end = f"-{one.model}" if len(ladders) > 1 else ""
        blobs = plot.pictures(one)
        blobs["json"] = (files.to_json(one.model_dump(mode="json")) + "\n").encode()
        blobs["md"] = page.whole(one).encode()
        for kind, blob in blobs.items():
            path = out / f"ladder{end}.{kind}"
            files.write_atomic(path, blob)
            show.info(f"Wrote {path}")
