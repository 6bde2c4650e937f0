"""What flows from stage to stage: the artifacts of the same sample, or the harness's own.

A sample is a model, a context and a seed over one dataset. Where the stage before left an artifact
out, the next one still runs, on a reference made by the harness, and says so: one bad stage does
not hide the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from harness import files
from harness.project import stages
from harness.project.datasets import Dataset
from harness.records import Context, Execution, Needed, Run, RunKey, StageSpec
from harness.runs import reference
from harness.runs.store import FileStore

Form = Literal["patched", "raw"]


class SampleKey(NamedTuple):
    """What runs must share for one to read what the other made."""

    model: str  # sha256 of the weights
    dataset: str  # sha256 of the visible table
    context: Context
    seed: int


def sample_key_of(run: Run) -> SampleKey:
    """The sample that a run is of."""
    return SampleKey(run.model.sha256, run.dataset_sha256, run.context, run.seed)


class Supply(NamedTuple):
    """Files that a stage needs, and whose they are."""

    needs: tuple[Needed, ...]
    paths: Mapping[str, Path]


def supply(
    project: Path,
    store: FileStore,
    stage: StageSpec,
    sample: SampleKey,
    data: Dataset,
    form: Form,
) -> Supply:
    """What ``stage`` reads: from the newest run of its sample, else from the reference."""
    needs: list[Needed] = []
    paths: dict[str, Path] = {}
    for name in stage.needs:
        source = _newest(store, name, sample)
        before = stages.load(project, name)
        roles = {artifact: role for role, artifact in before.reference}
        for artifact in before.produces:
            found = _of_run(store, source, artifact, form) or _reference(roles.get(artifact), data)
            needs.append(
                Needed(
                    name=artifact,
                    stage=name,
                    source=found[1] if found else "missing",
                    run_id=source[1].run_id if source and found and found[1] == form else None,
                    sha256=files.sha256(found[0]) if found else None,
                )
            )
            if found is not None:
                paths[artifact] = found[0]
    return Supply(tuple(needs), paths)


def _newest(store: FileStore, stage: str, sample: SampleKey) -> tuple[RunKey, Run] | None:
    of_sample = store.runs(
        stage=stage,
        model_sha256=sample.model,
        dataset_sha256=sample.dataset,
        context=sample.context.value,
        seed=sample.seed,
    )
    return next((one for one in of_sample if one[1].raw is not None), None)


def _of_run(
    store: FileStore, source: tuple[RunKey, Run] | None, name: str, form: Form
) -> tuple[Path, Form] | None:
    if source is None:
        return None
    key, run = source
    execution: Execution | None = run.raw if form == "raw" or run.patched is None else None
    if run.patched is not None and form == "patched":
        execution = run.patched.execution
    used: Form = "patched" if form == "patched" and run.patched is not None else "raw"
    made = {one.name: one.status for one in execution.artifacts} if execution else {}
    path = store.folder(key) / "artifacts" / used / name
    return (path, used) if made.get(name) == "collected" and path.is_file() else None


def _reference(role: str | None, data: Dataset) -> tuple[Path, Literal["reference"]] | None:
    path = reference.made(role, data.spec, data.table) if role else None
    return (path, "reference") if path else None
