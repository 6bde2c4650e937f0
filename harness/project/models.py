"""``models.toml``: the models of a project, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tomlkit
from pydantic import Field

from harness import files
from harness.errors import ConfigError, HarnessError
from harness.project import config, names
from harness.records import MOST_CANDIDATES, MOST_REPAIRS, ModelSpec, Name, Record

FILE = "models.toml"
SOURCES = "hf with file, path, parts, script, server, engine"
OWN_KEYS = {"script": "script", "server": "server", "gguf": "path"}  # of kinds that need no engine


class Defaults(Record):
    """What the project's runs get where a command does not say it; None: as everywhere."""

    context: Name | None = None
    steer: bool | None = None
    repair: int | None = Field(None, ge=0, le=MOST_REPAIRS)
    candidates: int | None = Field(None, ge=1, le=MOST_CANDIDATES)


class Models(Record):
    """All entries. ``embedded`` stands in while the weights of ``default`` are absent."""

    default: Name
    embedded: Name | None = None
    defaults: Defaults = Defaults()
    models: dict[Name, ModelSpec] = Field(default_factory=dict)


class _Raw(Record):
    default: Name
    embedded: Name | None = None
    defaults: dict[str, Any] = Field(default_factory=dict)
    models: dict[Name, dict[str, Any]]


def load(project: Path) -> Models:
    """The project's models. Raises ConfigError with file and line."""
    path = project / FILE
    raw = config.build(_Raw, config.read_toml(path), path)
    specs = {}
    for name, values in raw.models.items():
        if "name" in values:
            line = config.line_of(config.read_text(path), ("models", name, "name"))
            raise ConfigError(path, line, f"models.{name}.name: the table's own name is the name")
        spec = config.build(ModelSpec, {**values, "name": name}, path, ("models", name))
        _check_source(spec, path)
        specs[name] = spec
    for role, chosen in (("default", raw.default), ("embedded", raw.embedded)):
        if chosen is not None and chosen not in specs:
            line = config.line_of(config.read_text(path), (role,))
            known = ", ".join(sorted(specs)) or "none"
            raise ConfigError(path, line, f"{role}: no entry models.{chosen}", f"Known: {known}")
    defaults = config.build(Defaults, raw.defaults, path, ("defaults",))
    return Models(default=raw.default, embedded=raw.embedded, defaults=defaults, models=specs)


def find(models: Models, name: str) -> ModelSpec:
    """One entry, by its name or the beginning of it. Raises UnknownNameError or HarnessError."""
    hint = "Add one: harness models add"
    return models.models[names.full("model", name, models.models, hint)]


def add(project: Path, spec: ModelSpec) -> None:
    """Append an entry to ``models.toml``, leaving the rest as written.

    Raises HarnessError where the name is taken, ConfigError where the file was not valid before.
    """
    if spec.name in load(project).models:
        raise HarnessError(f"{FILE} already has a model named '{spec.name}'", "Pass --name")
    path = project / FILE
    values = spec.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
    document = tomlkit.parse(config.read_text(path))
    document["models"][spec.name] = values
    files.write_atomic(path, tomlkit.dumps(document).encode())


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def _check_source(spec: ModelSpec, path: Path) -> None:
    table = ("models", spec.name)
    if (spec.hf is None) != (spec.file is None):
        missing = "file" if spec.file is None else "hf"
        message = f"models.{spec.name}: hf and file belong together; {missing} is not there"
    elif not (spec.hf or spec.path or spec.parts or spec.script or spec.server or spec.engine):
        message = f"models.{spec.name}: no source; expected one of {SOURCES}"
    elif (spec.script or spec.server) and (spec.hf or spec.path or spec.parts):
        what = "script" if spec.script else "server"
        message = f"models.{spec.name}: a {what} has no weights beside it"
    elif spec.engine and (spec.script or spec.server):
        message = f"models.{spec.name}: engine cannot stand beside script or server"
    elif spec.engine in OWN_KEYS:
        message = f"models.{spec.name}: instead of engine, give {OWN_KEYS[spec.engine]}"
    elif spec.options and not spec.engine:
        message = f"models.{spec.name}: options belong to an engine; name it with engine"
    elif spec.server and not _is_address(spec.server):
        message = (
            f"models.{spec.name}: server is no http(s) address without a key in it, such as "
            "http://127.0.0.1:8080/v1"
        )
    else:
        return
    raise ConfigError(path, config.line_of(config.read_text(path), table), message)
