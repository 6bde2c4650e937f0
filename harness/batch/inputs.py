"""What a run cannot do without: files of earlier stages that nothing makes and nothing stands for.

Asked before a model is loaded, so that no reply is written for a notebook that can only fail.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from harness.batch.matrix import Model, Planned
from harness.errors import HarnessError
from harness.project import defaults, models
from harness.records import Needed
from harness.runs.remaining import Remaining

READING = (Remaining.WRITE, Remaining.EXECUTE)


def missing(one: Planned) -> dict[str, tuple[Needed, ...]]:
    """Of each stage that left nothing and has no reference, its files, by the stage's name.

    Empty where the run is to read nothing any more. A stage of which some file is there is read.
    """
    needed: dict[str, list[Needed]] = {}
    for need in one.plan.needs if one.left in READING else ():
        needed.setdefault(need.stage, []).append(need)
    return {
        stage: tuple(needs)
        for stage, needs in needed.items()
        if all(need.source == "missing" for need in needs)
    }


def problem(project: Path, one: Planned, coming: Collection[str] = ()) -> HarnessError | None:
    """Why the run cannot be made, and which command makes what it lacks; None where it can.

    ``coming`` are stages that are made before its notebook is executed.
    """
    lacking = {stage: needs for stage, needs in missing(one).items() if stage not in coming}
    if not lacking:
        return None
    plan = one.plan
    told, commands = [], []
    for stage, needs in lacking.items():
        names = ", ".join(need.name for need in needs)
        made_by = needs[0].run_id
        told.append(
            f"{names} of the {stage} stage, which run {made_by} did not make"
            if made_by
            else f"{names} of the {stage} stage, which no run of {plan.model.name} in "
            f"{plan.context.name} context{_helped(one)} with seed {plan.seed} made"
        )
        told += sorted({need.reason for need in needs if need.reason})
        again = " --again" if made_by else ""
        commands.append(f"harness generate {stage}{_sample(project, one)}{again}")
    return HarnessError(
        f"the {plan.stage.name} stage reads {'; and '.join(told)}",
        f"Make it: {' && '.join(commands)}; or read another run's: --from RUN",
    )


def _helped(one: Planned) -> str:
    return f", {one.plan.help.label}," if one.plan.help.given else ""


def _sample(project: Path, one: Planned) -> str:
    """The options that ask for a run of the same sample."""
    plan = one.plan
    words = _model(project, one.model)
    words += defaults.options(project, plan.context.name, plan.help)
    return words + (f" --seed {plan.seed}" if plan.seed != 1 else "")


def _model(project: Path, model: Model) -> str:
    is_entry = model.spec.name in models.load(project).models
    return f" --model {model.spec.name}" if is_entry else f" --model-file {model.weights}"
