"""Sets up where a run's notebooks are executed: its table, what it needs, its checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness import checks, files
from harness.checks import CheckEnvironment, Evidence, promised
from harness.errors import HarnessError
from harness.ports import Executor, Reporter
from harness.project import datasets, stages
from harness.project.datasets import Dataset
from harness.records import CheckResult, Needed, Run, RunKey, StageSpec
from harness.runs import feedback, lineage, reference
from harness.runs.execution import Check, NotebookEnvironment
from harness.runs.lineage import Supply
from harness.runs.store import FileStore


def notebook_environment(
    stage: StageSpec,
    data: Dataset,
    supply: Supply,
    preparation: tuple[str, ...],
    executor: Executor,
    fresh: Callable[[str], Path],
    reporter: Reporter,
) -> NotebookEnvironment:
    """``preparation``: the sources of the cells that made the table in ``supply``.

    ``fresh`` makes an empty folder of the name that it is given.
    """
    environment = CheckEnvironment(executor, lambda: fresh("check"), stage.limits)

    def judging(data: Dataset) -> Check:
        evidence = Evidence(
            dataset=data.spec,
            visible=data.table.visible,
            held=data.table.held,
            rows=data.profile.rows,
            classes=data.profile.classes,
            preparation=preparation,
        )

        def check(made: Mapping[str, bytes], printed: str) -> tuple[CheckResult, ...]:
            read = {name: path.read_bytes() for name, path in supply.paths.items()}
            own = {name: text.encode() for name, text in stage.files.items()}
            blobs = {**read, **made, **own}
            known = evidence.model_copy(update={"printed": printed})
            if any(one.needs_reference and one.artifact in blobs for one in stage.checks):
                known = known.model_copy(update=about_reference(data, supply.needs))
            judged = (
                result.model_copy(update={"steps": one.steps})
                for one in stage.checks
                for result in checks.run(one, blobs, known, environment)
            )
            return (*judged, *promised.judge(stage, made))

        return check

    def advise(made: Mapping[str, bytes], printed: str) -> tuple[CheckResult, ...]:
        return judging(feedback.part(data))(made, printed)  # which rows is found out here

    return NotebookEnvironment(
        executor=executor,
        fresh=lambda: fresh("work"),
        inputs={data.spec.file: data.table.visible, **supply.paths},
        stage=stage,
        check=judging(data),
        feedback=advise,
        prepare_check=environment.prepare if stage.checks else _nothing,
        reporter=reporter,
        limits_sha256=stages.limits_digest(stage),
        checks_sha256=stages.checks_digest(stage, data.spec),
        profile=data.profile,
    )


def about_reference(data: Dataset, whose: Sequence[Needed]) -> dict[str, object]:
    """What checks are told of the harness's own pipeline. The first time, it takes some seconds."""
    told: dict[str, object] = {}
    try:
        found = reference.figures(data.spec, data.table)
        told |= {"reference": found} if found.figures else {"reference_problem": found.note}
        if any(_is_table(one, data) for one in whose):
            told["reference_held"] = reference.held_table(data.spec, data.table)
    except HarnessError as error:  # the other checks are made all the same
        told["reference_problem"] = error.message
    return told


def _is_table(need: Needed, data: Dataset) -> bool:
    """Whether it is the reference's prepared table."""
    if need.source != "reference" or need.name.endswith(".json"):
        return False
    table = reference.made("table", data.spec, data.table)
    return table is not None and files.sha256(table) == need.sha256


def of_stored_run(
    project: Path, run: Run, store: FileStore, key: RunKey, executor: Executor, reporter: Reporter
) -> NotebookEnvironment:
    """Where the notebooks of a stored run can be run again, on the files it was made with.

    Raises HarnessError where its table, or what it read of the stages before, is another now.
    """
    stage, data, supply = _made_with(project, run, store)
    preparation = lineage.preparation(store, supply.needs)

    def fresh(name: str) -> Path:
        return store.work_folder(key, name)

    return notebook_environment(stage, data, supply, preparation, executor, fresh, reporter)


def inputs_of(project: Path, run: Run, store: FileStore) -> dict[str, Path]:
    """What the notebooks of a stored run read, by name. Raises as ``of_stored_run``."""
    _, data, supply = _made_with(project, run, store)
    return {data.spec.file: data.table.visible, **supply.paths}


def _made_with(project: Path, run: Run, store: FileStore) -> tuple[StageSpec, Dataset, Supply]:
    data = datasets.open_dataset(project, run.dataset)
    if data.profile.sha256 != run.dataset_sha256:
        kind = "its synthetic twin" if run.synthetic else "another table"
        if run.synthetic == data.table.synthetic and run.holdout_rule != data.table.holdout_rule:
            raise HarnessError(
                f"the rows held out of {run.dataset} are chosen by another rule now than when run"
                f" {run.run_id} was made",
                f"Generate again: harness generate --stage {run.stage}",
            )
        raise HarnessError(
            f"run {run.run_id} was made with {kind}; {run.dataset} now uses {data.table.path.name}",
            f"Put that table back, or generate again: harness generate --stage {run.stage}",
        )
    stage = stages.load(project, run.stage)
    read = {one.source for one in run.needs}
    form: lineage.Form = "raw" if "raw" in read else "repaired" if "repaired" in read else "patched"
    supply = lineage.supply(
        project, store, stage, lineage.sample_key_of(run), data, form, lineage.of_record(run)
    )
    if [one.sha256 for one in supply.needs] != [one.sha256 for one in run.needs]:
        raise HarnessError(
            f"what run {run.run_id} read of the stages before it is another now",
            f"Run it again, its replies are kept: harness generate --stage {run.stage}",
        )
    return stage, data, supply


def _nothing() -> None:
    pass
