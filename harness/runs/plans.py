"""What a run would be, before anything runs: its inputs, its prompts and its id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from harness import files, steering
from harness.project import prompts, stages
from harness.records import (
    ContextSpec,
    DatasetSpec,
    Help,
    Message,
    ModelIdentity,
    Name,
    Needed,
    Record,
    RunKey,
    Sampling,
    Sha256,
    StageSpec,
    TableProfile,
)

ID_LENGTH = 12  # hex digits


class Inputs(Record):
    """All that determines a run. ``packages`` are those that generated code may import."""

    model: ModelIdentity
    stage: StageSpec
    dataset: DatasetSpec
    table: Path
    profile: TableProfile
    context: ContextSpec
    sampling: Sampling
    seed: int
    help: Help = Help()
    packages: dict[str, str]
    # Not part of the id: replies depend on them only by what a kernel beside them showed.
    needs: tuple[Needed, ...] = ()

    @property
    def beside(self) -> bool:
        """Whether a kernel lives beside the writing: to be told of, or to try code in."""
        return is_beside(self.context, self.help)


class Plan(Inputs):
    """One run to be. Two plans with the same inputs have the same ``run_id``."""

    run_id: Name
    line_id: Name  # of the inputs but the seed
    stage_sha256: Sha256
    prompts: tuple[Message, ...]
    view: str = ""  # the template that tells each step what the kernel holds; empty: nothing does
    repair_template: str = ""  # of the turn that asks for a cell again, where that is wanted

    @property
    def key(self) -> RunKey:
        """Where the run lives."""
        return RunKey(model=self.model.name, stage=self.stage.name, run_id=self.run_id)


def is_beside(context: ContextSpec, help: Help) -> bool:
    """Whether a kernel lives beside the writing of such a run."""
    return bool(context.observes or help.steer or help.candidates > 1)


def make(project: Path, inputs: Inputs) -> Plan:
    """Render the prompts and derive the ids. Raises PromptError."""
    turns = prompts.render(
        project, inputs.stage, inputs.context, inputs.dataset, inputs.profile, inputs.packages
    )
    stage_sha256 = stages.digest(project, inputs.stage)
    line = {
        "weights": inputs.model.sha256,
        "chat": [inputs.model.chat_template_sha256, inputs.model.chat_format],
        "n_ctx": inputs.model.n_ctx,
        "cache": [inputs.model.cache_type, inputs.model.flash_attention],
        "stage": stage_sha256,
        "dataset": inputs.profile.sha256,
        "prompts": [message.model_dump() for message in turns],
        "context": inputs.context.name,
        "sampling": inputs.sampling.model_dump(),
    }
    view = prompts.alone(project, stages.KERNEL) if inputs.context.observes else ""
    if view:
        line["kernel"] = [inputs.context.observes, view]
    if inputs.help.given:
        line["help"] = {**inputs.help.model_dump(), "revision": steering.REVISION}
    if inputs.help.given and inputs.stage.leaves:
        line["leaves"] = [one.model_dump() for one in inputs.stage.leaves]
    template = prompts.alone(project, stages.REPAIR) if inputs.help.repair else ""
    if template:
        line["repair"] = files.text_digest(template)
    return Plan(
        **dict(inputs),
        run_id=_digest({**line, "seed": inputs.seed}),
        line_id=_digest(line),
        stage_sha256=stage_sha256,
        prompts=turns,
        view=view,
        repair_template=template,
    )


def _digest(inputs: Mapping[str, object]) -> str:
    canonical = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:ID_LENGTH]
