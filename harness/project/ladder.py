"""``prompt_templates/ladder.toml``: the rungs of the ladder, and which of them is the best."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from harness.errors import ConfigError, UnknownNameError
from harness.project import config, contexts, scaffold
from harness.project.stages import FOLDER
from harness.records import Help, Name, Record

FILE = f"{FOLDER}/ladder.toml"


class Rung(Help):
    """What a model is told, and what it is helped by, under one name."""

    name: Name
    about: str = ""  # a sentence, for people
    context: Name
    over: Name | None = None  # the rung that it is compared with; None: the one before it

    @property
    def help(self) -> Help:
        """What it is helped by, as runs have it."""
        return Help(**{field: getattr(self, field) for field in Help.model_fields})


class LadderFile(Record):
    """The rungs in their order. ``best`` is the one that ``--best`` asks for."""

    best: Name
    rungs: tuple[Rung, ...]


class _Raw(Record):
    best: Name
    rungs: dict[Name, dict[str, Any]] = Field(min_length=1)


def load(project: Path) -> LadderFile:
    """The ladder of a project. Raises ConfigError naming file and line.

    A project that an older version made has no such file: the shipped one holds for it. A context
    that there is none of is no fault here, since the other rungs can be climbed.
    """
    path = project / FILE
    if not path.exists():
        path = scaffold.source() / FILE
    raw = config.build(_Raw, config.read_toml(path), path)
    rungs: list[Rung] = []
    for name, values in raw.rungs.items():
        if "name" in values:
            line = config.line_of(config.read_text(path), ("rungs", name, "name"))
            raise ConfigError(path, line, f"rungs.{name}.name: the table's own name is the name")
        rung = config.build(Rung, {**values, "name": name}, path, ("rungs", name))
        if rung.over is not None and rung.over not in (one.name for one in rungs):
            line = config.line_of(config.read_text(path), ("rungs", name, "over"))
            message = f"rungs.{name}.over: '{rung.over}' is no rung before it"
            raise ConfigError(path, line, message)
        rungs.append(rung)
    if raw.best not in raw.rungs:
        line = config.line_of(config.read_text(path), ("best",))
        hint = config.suggestion(raw.best, list(raw.rungs))
        raise ConfigError(path, line, f"best: no entry rungs.{raw.best}", hint)
    return LadderFile(best=raw.best, rungs=tuple(rungs))


def find(project: Path, names: Sequence[str]) -> tuple[Rung, ...]:
    """The rungs of these names, in the order of the file; none given means all.

    Raises UnknownNameError.
    """
    known = {one.name: one for one in load(project).rungs}
    for name in names:
        if name not in known:
            raise UnknownNameError("rung", name, known, f"Rungs are entries of {FILE}")
    return tuple(one for name, one in known.items() if not names or name in names)


def best(project: Path) -> Rung:
    """The rung that the ladder found best. Raises ConfigError, or UnknownNameError."""
    found = load(project)
    rung = next(one for one in found.rungs if one.name == found.best)
    contexts.find(project, rung.context)
    return rung
