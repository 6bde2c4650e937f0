"""What runs get where a command does not say it: the project's defaults, or the best rung."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.project import contexts, ladder, models
from harness.records import Help

Said = Mapping[str, object]
"""Fields of Help by name; None where an option was not given."""


class Choice(NamedTuple):
    """The contexts and the help of a command's runs."""

    contexts: tuple[str, ...]
    help: Help


def choose(project: Path, told: Sequence[str] | None, said: Said, *, best: bool) -> Choice:
    """What options say, else the ``best`` rung where it is asked for, else the project's defaults.

    Without any of them: the profile of the table, and no help. Raises ConfigError, HarnessError.
    """
    context, help = of_project(project)
    if best:
        rung = ladder.best(project)
        context, help = rung.context, rung.help
    given = {name: value for name, value in said.items() if value is not None}
    return Choice(tuple(told or (context,)), Help.model_validate({**help.model_dump(), **given}))


def of_project(project: Path) -> tuple[str, Help]:
    """The context and the help of ``[defaults]`` in ``models.toml``. Raises ConfigError."""
    found = models.load(project).defaults
    values = found.model_dump(exclude={"context"}, exclude_none=True)
    return found.context or contexts.DEFAULT, Help.model_validate(values)


def options(project: Path, context: str, help: Help) -> str:
    """The options that ask for these, with a leading space each; empty where nobody has to."""
    usual, _ = of_project(project)
    return (f" --context {context}" if context != usual else "") + help_options(project, help)


def help_options(project: Path, help: Help) -> str:
    """The same of the help alone."""
    _, given = of_project(project)
    words = ""
    if help.steer != given.steer:
        words += " --steer" if help.steer else " --no-steer"
    for name in ("repair", "candidates"):
        if getattr(help, name) != getattr(given, name):
            words += f" --{name} {getattr(help, name)}"
    return words
