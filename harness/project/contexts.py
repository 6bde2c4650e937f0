"""``prompt_templates/contexts.toml``: what a model may be told of the data, by context."""

from __future__ import annotations

from pathlib import Path

from harness import files
from harness.errors import ConfigError, UnknownNameError
from harness.project import config, scaffold
from harness.project.stages import FOLDER, SHARED
from harness.records import ContextSpec

FILE = f"{FOLDER}/contexts.toml"
DEFAULT = "schema"


def load(project: Path) -> dict[str, ContextSpec]:
    """Every context by name. Raises ConfigError naming file and line.

    A project that an older version made has no such file: the shipped one holds for it.
    """
    path = project / FILE
    if not path.exists():
        path = scaffold.source() / FILE
    found = {}
    for name, values in config.read_toml(path).items():
        if not isinstance(values, dict):
            line = config.line_of(config.read_text(path), (name,))
            raise ConfigError(path, line, f"{name}: a context is a table", f"Write [{name}]")
        found[name] = config.build(ContextSpec, {**values, "name": name}, path, (name,))
        _check(project, path, found[name])
    return found


def find(project: Path, name: str) -> ContextSpec:
    """One context. Raises UnknownNameError, or ConfigError where the file is wrong."""
    known = load(project)
    if name not in known:
        raise UnknownNameError("context", name, sorted(known), f"Contexts are entries of {FILE}")
    return known[name]


def digest(context: ContextSpec) -> str:
    """sha256 of what it tells: runs of two versions of an entry are no samples of one thing."""
    return files.text_digest(context.model_dump_json(exclude={"about"}))


def _check(project: Path, path: Path, context: ContextSpec) -> None:
    shared = project / FOLDER / SHARED
    for include in context.includes:
        template = shared / f"{include}.md.j2"
        if not template.is_file():
            line = config.line_of(config.read_text(path), (context.name, "includes"))
            message = f"{context.name}.includes: '{include}' is no template of {FOLDER}/{SHARED}/"
            raise ConfigError(path, line, message, f"Write {template}")
