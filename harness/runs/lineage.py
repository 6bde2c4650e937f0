"""What flows from stage to stage: the artifacts of the same sample, or the harness's own.

A sample is a model, a context and a seed over one dataset. Where the stage before left an artifact
out, the next one still runs, on a reference made by the harness, and says so: one bad stage does
not hide the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from harness import files
from harness.errors import DataError, HarnessError, UnknownNameError
from harness.fixes import attribution
from harness.notebooks import stored
from harness.notebooks.notebook import Notebook
from harness.project import stages
from harness.project.datasets import Dataset
from harness.records import Name, Needed, Run, RunKey, StageSpec
from harness.runs import reference
from harness.runs.store import FileStore

Form = Literal["patched", "repaired", "raw"]
_Found = tuple[Path, Literal["patched", "repaired", "raw", "reference"]]


class SampleKey(NamedTuple):
    """What runs must share for one to read what the other made."""

    model: str  # sha256 of the weights
    dataset: str  # sha256 of the visible table
    context: Name
    seed: int
    help: str = ""  # in words: what was made under other help is another sample's


def sample_key_of(run: Run) -> SampleKey:
    """The sample that a run is of."""
    return SampleKey(run.model.sha256, run.dataset_sha256, run.context, run.seed, run.help.label)


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
    chosen: Mapping[str, str] = MappingProxyType({}),
) -> Supply:
    """What ``stage`` reads: from the newest run of its sample, else from the reference.

    ``chosen`` names other runs to read from, by stage.
    """
    needs: list[Needed] = []
    paths: dict[str, Path] = {}
    for name in stage.needs:
        source = _named(store, chosen[name]) if name in chosen else _newest(store, name, sample)
        before = stages.load(project, name)
        roles = {artifact: role for role, artifact in before.reference}
        for artifact in before.produces:
            found: _Found | None = _of_run(store, source, artifact, form)
            reason = ""
            if found is None:
                found, reason = _reference(roles.get(artifact), data)
            needs.append(
                Needed(
                    name=artifact,
                    stage=name,
                    source=found[1] if found else "missing",
                    run_id=source[1].run_id if source and not _is_reference(found) else None,
                    sha256=files.sha256(found[0]) if found else None,
                    reason=reason,
                )
            )
            if found is not None:
                paths[artifact] = found[0]
    return Supply(tuple(needs), paths)


def sources(
    store: FileStore, named: Iterable[str], wanted: Sequence[StageSpec], data: Dataset
) -> dict[str, str]:
    """The runs that are to be read from, by stage.

    Raises HarnessError where one is of a stage that none of those ``wanted`` needs, or of another
    table, or has no executed notebook, or where two are of one stage.
    """
    needed = {need for stage in wanted for need in stage.needs}
    found: dict[str, str] = {}
    for name in named:
        _, run = store.find(name)
        if run.stage not in needed:
            asked = ", ".join(one.name for one in wanted)
            raise HarnessError(
                f"--from {name}: run {run.run_id} is of the stage {run.stage}, which {asked} does "
                "not read",
                f"Name a run of {' or '.join(sorted(needed)) or 'no stage: nothing is read'}",
            )
        if run.dataset_sha256 != data.profile.sha256:
            raise HarnessError(
                f"--from {name}: run {run.run_id} was made with another table than "
                f"{data.table.path.name}",
                f"Make one with it: harness generate {run.stage}",
            )
        if run.raw is None:
            raise HarnessError(
                f"--from {name}: run {run.run_id} has no executed notebook yet",
                f"Finish it: harness generate {run.stage}",
            )
        if found.setdefault(run.stage, run.run_id) != run.run_id:
            raise HarnessError(
                f"--from names two runs of the stage {run.stage}: {found[run.stage]}, {run.run_id}",
                "Name one of them",
            )
    return found


def of_record(run: Run) -> dict[str, str]:
    """The runs that a stored run read from, by stage."""
    return {one.stage: one.run_id for one in run.needs if one.run_id}


def preparation(store: FileStore, needs: Sequence[Needed]) -> tuple[str, ...]:
    """The sources of the code cells that made the prepared table among a stage's needs, in order.

    It is the file that has this role; empty where no cells made it, or the record of their run does
    not tell them. Those that read files of yet another stage are left out: they cannot be run on a
    table alone. Raises StoreError, ConfigError.
    """
    for need in needs:
        if stages.load(store.project, need.stage).reference.table != need.name:
            continue
        made = need.run_id if need.source in stored.FILES else None
        source = _named(store, made) if made else None
        if source is not None and not source[1].needs:
            notebook = _notebook(source[1], need.source)
            return tuple(cell.source for cell in notebook.code)
    return ()


def _notebook(run: Run, form: str) -> Notebook:
    """What was executed, by the record; empty where that does not tell it."""
    if form in ("raw", "repaired"):
        return stored.raw(run) if form == "raw" else stored.repaired(run)
    try:
        found = attribution.of_run(run).notebook
    except ValueError:
        return Notebook(())
    known = run.patched.cells_sha256 if run.patched else None
    return found if found.digest == known else Notebook(())


def _named(store: FileStore, run_id: str) -> tuple[RunKey, Run] | None:
    try:
        return store.find(run_id)
    except UnknownNameError:
        return None  # it was removed since


def _newest(store: FileStore, stage: str, sample: SampleKey) -> tuple[RunKey, Run] | None:
    of_sample = store.runs(
        stage=stage,
        model_sha256=sample.model,
        dataset_sha256=sample.dataset,
        context=sample.context,
        seed=sample.seed,
        help=sample.help,
    )
    return next((one for one in of_sample if one[1].raw is not None), None)


def _of_run(
    store: FileStore, source: tuple[RunKey, Run] | None, name: str, form: Form
) -> _Found | None:
    if source is None:
        return None
    key, run = source
    used: Form = "repaired" if form != "raw" and run.is_rewritten else "raw"
    if form == "patched" and run.patched is not None:
        used = "patched"
    execution = run.executions.get(used)
    made = {one.name: one.status for one in execution.artifacts} if execution else {}
    path = store.folder(key) / "artifacts" / used / name
    return (path, used) if made.get(name) == "collected" and path.is_file() else None


def _is_reference(found: _Found | None) -> bool:
    return found is not None and found[1] == "reference"


def _reference(role: str | None, data: Dataset) -> tuple[_Found | None, str]:
    """The file that stands in, or why the harness's own pipeline could make none."""
    try:
        path = reference.made(role, data.spec, data.table) if role else None
    except DataError as error:
        return None, error.message
    return ((path, "reference") if path else None), ""
