"""``prompt_templates/<stage>/``: stage.toml and one template per step, rendered into prompts.

No prompt text lives in Python. Values of the data reach a template only through the ``data``
filter, so that nothing in a table can end a fence, close a turn or give an order.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field

from harness.checks import JUDGING, AnyCheck
from harness.errors import ConfigError, PromptError, UnknownNameError
from harness.project import config
from harness.records import (
    Context,
    DatasetSpec,
    Limits,
    Message,
    Name,
    Record,
    Reference,
    StageSpec,
    TableProfile,
)

FOLDER = "prompt_templates"
SHARED = "_shared"
SYSTEM = f"{SHARED}/system.md.j2"
# Characters that open markup in Markdown, chat templates (<|…|>, [INST], ### User) or Jinja.
# As JSON escapes they stay readable to a model and mean nothing to a template or a tokenizer.
MARKUP = str.maketrans({char: f"\\u{ord(char):04x}" for char in "`<>[]{}#|~"})
LONGEST_VALUE = 80  # characters
NUMERIC = {"integer", "real"}
NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")


class StageFile(Record):
    """``stage.toml`` as written; its name is its folder's."""

    title: str
    steps: tuple[Name, ...] = Field(min_length=1)
    needs: tuple[Name, ...] = ()
    produces: tuple[Name, ...] = ()
    limits: Limits = Limits()
    reference: Reference = Reference()
    checks: tuple[AnyCheck, ...] = ()


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
    for role, artifact in stage.reference:
        if artifact is not None and artifact not in stage.produces:
            line = config.line_of(config.read_text(path), ("reference", role))
            message = f"reference.{role}: '{artifact}' is no artifact of the stage"
            raise ConfigError(path, line, message, f"It produces: {', '.join(stage.produces)}")
    return stage


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


def render(
    project: Path,
    stage: StageSpec,
    context: Context,
    profile: TableProfile,
    packages: Mapping[str, str],
) -> tuple[Message, ...]:
    """The system turn, then one user turn per step.

    Raises PromptError naming template and line where a variable is missing or a template is wrong.
    """
    environment = _environment(project)
    values: dict[str, Any] = {
        "context": context.value,
        "stage": stage.model_dump(mode="json"),
        "table": {"file": profile.file, "target": profile.target, "about": profile.description},
    }
    if context is not Context.BLIND:
        values |= {"profile": profile.model_dump(mode="json"), "packages": dict(packages)}
    turns = [Message(role="system", content=_render(environment, SYSTEM, values))]
    for step in stage.steps:
        text = _render(environment, f"{stage.name}/{step}.md.j2", values | {"step": step})
        turns.append(Message(role="user", content=text))
    return tuple(turns)


def digest(project: Path, stage: StageSpec) -> str:
    """sha256 of all that replies depend on: a stage's steps, its templates and the shared ones.

    Limits, artifacts and checks are left out: to change them asks no model again.
    """
    folder = project / FOLDER
    paths = sorted((folder / stage.name).glob("*.j2")) + sorted((folder / SHARED).glob("*.j2"))
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
    return _digest([JUDGING, checks, judged] if checks else [checks, judged])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def as_data(value: object, kind: str = "text", longest: int = LONGEST_VALUE) -> str:
    """A value of the data as one JSON literal that holds no markup and no line break.

    ``kind`` is a column's type: what is a number there is written as one. Text over ``longest``
    characters is cut, with an ellipsis.
    """
    if isinstance(value, str):
        if kind in NUMERIC and NUMBER.fullmatch(value):
            return value
        value = value if len(value) <= longest else value[: longest - 1] + "…"
    literal = json.dumps(value, ensure_ascii=False)
    visible = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in literal)
    return visible.translate(MARKUP)


class _Loader(jinja2.FileSystemLoader):
    """Templates are small files of text; whatever else has such a name is refused."""

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """See ``FileSystemLoader``. Raises ConfigError."""
        path = Path(self.searchpath[0], *jinja2.loaders.split_template_path(template))
        if path.exists():
            config.read_text(path)
        return super().get_source(environment, template)


def _environment(project: Path) -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=_Loader(project / FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["data"] = as_data
    return environment


def _render(environment: jinja2.Environment, template: str, values: dict[str, Any]) -> str:
    try:
        return environment.get_template(template).render(values).strip()
    except jinja2.TemplateSyntaxError as error:
        raise PromptError(f"{error.filename or template}:{error.lineno}: {error.message}") from None
    except jinja2.TemplateNotFound as error:
        raise PromptError(f"{FOLDER}/{template}: template '{error.name}' was not found") from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
        where = _line_in_template(error) or f"{FOLDER}/{template}"
        raise PromptError(f"{where}: {error}", "Known: " + ", ".join(sorted(values))) from None


def _line_in_template(error: BaseException) -> str | None:
    # Jinja rewrites tracebacks so that frames carry the template's own file and line.
    where = None
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename.endswith(".j2"):
            where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
        frame = frame.tb_next
    return where
