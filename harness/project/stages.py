"""``prompt_templates/<stage>/``: stage.toml, beside one template per step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pydantic import Field

from harness.checks import JUDGING, AnyCheck, promised
from harness.errors import ConfigError, UnknownNameError
from harness.project import config
from harness.records import (
    DatasetSpec,
    Leaves,
    Limits,
    Name,
    Record,
    Reference,
    StageSpec,
    Task,
)

FOLDER = "prompt_templates"
SHARED = "_shared"
KERNEL = "kernel.md.j2"  # of SHARED: what a kernel holds
REPAIR = "repair.md.j2"  # of the shared ones, that which no step has a part in


class StageFile(Record):
    """``stage.toml`` as written; its name is its folder's."""

    title: str
    steps: tuple[Name, ...] = Field(min_length=1)
    needs: tuple[Name, ...] = ()
    produces: tuple[Name, ...] = ()
    limits: Limits = Limits()
    reference: Reference = Reference()
    tasks: tuple[Task, ...] = ()
    datasets: tuple[Name, ...] = ()
    checks: tuple[AnyCheck, ...] = ()
    leaves: tuple[Leaves, ...] = ()


def names(project: Path) -> list[str]:
    """The stages of a project, by name."""
    return sorted(path.parent.name for path in (project / FOLDER).glob("*/stage.toml"))


def load(project: Path, name: str) -> StageSpec:
    """One stage. Raises UnknownNameError, or ConfigError where its files are wrong."""
    known = names(project)
    if name not in known:
        raise UnknownNameError("stage", name, known, f"Stages are folders of {FOLDER}/")
    path = project / FOLDER / name / "stage.toml"
    written = config.build(StageFile, config.read_toml(path), path)
    stage = StageSpec(name=name, **dict(written))
    if len(set(stage.steps)) < len(stage.steps):
        raise ConfigError(path, config.line_of(config.read_text(path), ("steps",)), "a step twice")
    for need in stage.needs:
        if need not in known:
            line = config.line_of(config.read_text(path), ("needs",))
            raise ConfigError(path, line, f"needs '{need}', which is no stage", ", ".join(known))
    for step in stage.steps:
        template = path.parent / f"{step}.md.j2"
        if not template.is_file():
            line = config.line_of(config.read_text(path), ("steps",))
            raise ConfigError(path, line, f"step '{step}' has no template", f"Write {template}")
    _know_steps(stage, path)
    for role, artifact in stage.reference:
        if artifact is not None and artifact not in stage.produces:
            line = config.line_of(config.read_text(path), ("reference", role))
            message = f"reference.{role}: '{artifact}' is no artifact of the stage"
            raise ConfigError(path, line, message, f"It produces: {', '.join(stage.produces)}")
    return stage.model_copy(update={"files": _files(path, stage)})


def _files(path: Path, stage: StageSpec) -> dict[str, str]:
    """The texts beside ``stage.toml`` that checks name. Raises ConfigError where one is missing."""
    found: dict[str, str] = {}
    for number, check in enumerate(stage.checks):
        for name in check.beside:
            if name in stage.produces:
                line = config.line_of(config.read_text(path), ("checks", str(number), "file"))
                message = f"checks.{number}.file: '{name}' is an artifact of the stage"
                raise ConfigError(path, line, message, "Give the file of the check another name")
            if not (path.parent / name).is_file():
                line = config.line_of(config.read_text(path), ("checks", str(number), "file"))
                message = f"checks.{number}.file: '{name}' is not there"
                raise ConfigError(path, line, message, f"Write {path.parent / name}")
            found[name] = config.read_text(path.parent / name)
    return found


def _know_steps(stage: StageSpec, path: Path) -> None:
    """Raise ConfigError where an entry is about a step that the stage does not have."""
    named = [(("checks", str(at), "steps"), one.steps) for at, one in enumerate(stage.checks)]
    named += [(("leaves", str(at), "step"), (one.step,)) for at, one in enumerate(stage.leaves)]
    for place, steps in named:
        odd = next((step for step in steps if step not in stage.steps), None)
        if odd is not None:
            line = config.line_of(config.read_text(path), place)
            message = f"{'.'.join(place)}: '{odd}' is no step of the stage"
            raise ConfigError(path, line, message, f"Its steps: {', '.join(stage.steps)}")


def in_order(project: Path, wanted: Iterable[str]) -> list[StageSpec]:
    """Each stage behind those it needs, else as asked. Raises ConfigError for a cycle."""
    asked = list(dict.fromkeys(wanted))
    found: dict[str, StageSpec] = {}
    waiting = list(asked)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = load(project, name)
            waiting += found[name].needs
    try:
        TopologicalSorter({name: stage.needs for name, stage in found.items()}).prepare()
    except CycleError as error:
        ring = error.args[1][::-1]  # from a stage to one that it needs
        path = project / FOLDER / ring[0] / "stage.toml"
        line = config.line_of(config.read_text(path), ("needs",))
        message = f"stages depend on each other in a cycle: {' needs '.join(ring)}"
        raise ConfigError(path, line, message) from None

    # static_order would go level by level, which is not as asked where chains lie side by side.
    def with_needs(name: str) -> Iterator[str]:
        for need in found[name].needs:
            yield from with_needs(need)
        yield name

    order = dict.fromkeys(one for name in asked for one in with_needs(name))
    return [found[name] for name in order if name in asked]


def digest(project: Path, stage: StageSpec) -> str:
    """sha256 of all that replies depend on: a stage's steps, its templates and the shared ones.

    Limits, artifacts and checks are left out: to change them asks no model again. So are the
    templates that only some runs use, in whose ids they are: what tells of a kernel, or asks for a
    cell again.
    """
    folder = project / FOLDER
    shared = (path for path in (folder / SHARED).glob("*.j2") if path.name not in (KERNEL, REPAIR))
    paths = sorted((folder / stage.name).glob("*.j2")) + sorted(shared)
    total = hashlib.sha256(json.dumps(stage.steps).encode())
    for path in paths:
        blob = config.read_text(path).encode()
        total.update(f"{path.relative_to(folder).as_posix()}\0{len(blob)}\0".encode() + blob)
    return total.hexdigest()


def limits_digest(stage: StageSpec) -> str:
    """sha256 of what an execution depends on beside its cells and inputs."""
    return _digest([stage.limits.model_dump(mode="json"), stage.produces])


def checks_digest(stage: StageSpec, dataset: DatasetSpec) -> str:
    """sha256 of what judging depends on beside the artifacts: the checks, who is held out, and
    how verdicts are reached.
    """
    checks = [check.model_dump(mode="json") for check in stage.checks]
    judged = dataset.model_dump(
        mode="json", include={"task", "target", "positive", "holdout", "thresholds"}
    )
    own: list[object] = [stage.files] if stage.files else []
    own += [files] if (files := promised.names(stage)) else []
    return _digest([JUDGING, checks, judged, *own] if checks or own else [checks, judged])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
