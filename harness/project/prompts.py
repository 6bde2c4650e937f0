"""Renders a stage's templates into prompts.

No prompt text lives in Python. Values of the data reach a template only through the ``data``
filter, so that nothing in a table can end a fence, close a turn or give an order.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.errors import PromptError
from harness.project import config, scaffold, told
from harness.project.stages import FOLDER, SHARED
from harness.records import ContextSpec, DatasetSpec, Message, StageSpec, TableProfile

SYSTEM = f"{SHARED}/system.md.j2"
# Characters that open markup in Markdown, chat templates (<|…|>, [INST], ### User) or Jinja.
# As JSON escapes they stay readable to a model and mean nothing to a template or a tokenizer.
MARKUP = str.maketrans({char: f"\\u{ord(char):04x}" for char in "`<>[]{}#|~"})
LONGEST_VALUE, LONGEST_NAME = 80, 300  # characters; code with half a column's name is no use
NUMERIC = {"integer", "real"}
NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
# Tokenizers of models for code agree on little, but within a fifth on so many tokens.
PIECE = re.compile(r"[^\W\d_]{1,6}|[\d_]|[^\w\s]")
Filter = Callable[..., str]
TRUTHS = {"true": "True", "false": "False"}  # as pandas has them


def render(
    project: Path,
    stage: StageSpec,
    context: ContextSpec,
    dataset: DatasetSpec,
    profile: TableProfile,
    packages: Mapping[str, str],
) -> tuple[Message, ...]:
    """The system turn, then one user turn per step.

    Raises PromptError naming template and line where a variable is missing or a template is wrong.
    """
    environment = _environment(_Loader(project / FOLDER))
    names = frozenset(one.name for one in profile.columns)
    environment.filters["data"] = functools.partial(as_data, names=names)
    shown = told.shown(context, profile)
    values: dict[str, Any] = {
        "context": context.name,
        "brief": context.brief,
        "shows": [part.value for part in context.shows],
        "includes": list(context.includes),
        "longest": context.longest,
        "stage": stage.model_dump(mode="json"),
        "table": told.table(context, dataset, profile),
        "known": told.known(shown),
        "packages": dict(packages),
    }
    if context.shows:
        values["profile"] = shown.model_dump(mode="json")
    turns = [Message(role="system", content=_render(environment, SYSTEM, values))]
    for step in stage.steps:
        text = _render(environment, f"{stage.name}/{step}.md.j2", values | {"step": step})
        turns.append(Message(role="user", content=text))
    return tuple(turns)


def as_data(
    value: object,
    kind: str = "text",
    longest: int = LONGEST_VALUE,
    names: Collection[str] = (),
) -> str:
    """A value of the data as one JSON literal that holds no markup and no line break.

    ``kind`` is a column's type: what is a number or a truth value there is written as one. Text
    over ``longest`` characters is cut, with an ellipsis; one of the ``names`` of columns only over
    LONGEST_NAME.
    """
    if isinstance(value, str):
        if kind in NUMERIC and NUMBER.fullmatch(value):
            return value
        if kind == "boolean" and value.lower() in TRUTHS:
            return TRUTHS[value.lower()]
        longest = max(longest, LONGEST_NAME) if value in names else longest
        value = value if len(value) <= longest else value[: longest - 1] + "…"
    literal = json.dumps(value, ensure_ascii=False)
    visible = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in literal)
    return visible.translate(MARKUP)


def tokens(text: str) -> int:
    """About how many tokens a text is, whatever the model: digits and marks are one each."""
    return len(PIECE.findall(text))


def alone(project: Path, name: str) -> str:
    """The text of a shared template that stands alone; the shipped one where a project has none.

    A worker on another machine has no project, so such a template travels as text.
    """
    path = project / FOLDER / SHARED / name
    return config.read_text(path if path.exists() else scaffold.source() / FOLDER / SHARED / name)


def render_alone(
    name: str, text: str, values: Mapping[str, Any], filters: Mapping[str, Filter] | None = None
) -> str:
    """What ``text``, the shared template of that name, says. Raises PromptError naming its line."""
    environment = _environment(jinja2.DictLoader({f"{SHARED}/{name}": text}))
    environment.filters.update(filters or {})
    return _render(environment, f"{SHARED}/{name}", dict(values))


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


def _environment(loader: jinja2.BaseLoader) -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["data"] = as_data
    environment.filters["tokens"] = tokens
    return environment


def _render(environment: jinja2.Environment, template: str, values: dict[str, Any]) -> str:
    try:
        return environment.get_template(template).render(values).strip()
    except jinja2.TemplateSyntaxError as error:
        where = error.filename or f"{FOLDER}/{template}"
        raise PromptError(f"{where}:{error.lineno}: {error.message}") from None
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
