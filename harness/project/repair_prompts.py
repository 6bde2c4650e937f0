"""The turn that asks for a cell again, rendered from ``_shared/repair.md.j2``.

A worker on another machine has no project, so the template travels as text.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.errors import PromptError
from harness.notebooks import marks
from harness.project import config, prompts, scaffold
from harness.project.stages import FOLDER, REPAIR, SHARED
from harness.records import Evidence, Record

MOST_TOKENS = 700  # about, of the facts


class Wanted(Record):
    """A cell that is to be written again, and why."""

    source: str
    error: str = ""
    message: str = ""
    line: str = ""
    facts: tuple[Evidence, ...] = ()
    checks: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()


def template(project: Path) -> str:
    """The template's text; the shipped one's where a project is older than it."""
    path = project / FOLDER / SHARED / REPAIR
    return config.read_text(path if path.exists() else scaffold.source() / FOLDER / SHARED / REPAIR)


def render(text: str, wanted: Wanted) -> str:
    """The turn. Raises PromptError naming the template's line where it is wrong."""
    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["data"] = prompts.as_data
    values = {
        "cell": wanted.source,
        "fence": marks.around(wanted.source),
        "error": wanted.error,
        "message": wanted.message,
        "line": wanted.line,
        "facts": [_fact(one) for one in _within(wanted.facts)],
        "checks": wanted.checks,
        "tried": wanted.tried,
    }
    where = f"{FOLDER}/{SHARED}/{REPAIR}"
    try:
        return environment.from_string(text).render(values).strip()
    except jinja2.TemplateSyntaxError as error:
        raise PromptError(f"{where}:{error.lineno}: {error.message}") from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise PromptError(f"{where}: {error}", "Known: " + ", ".join(sorted(values))) from None


def _fact(one: Evidence) -> dict[str, object]:
    subject, *items = one.text.split("\n")
    return {"kind": one.kind, "subject": subject, "told": items}


def _within(facts: Iterable[Evidence]) -> list[Evidence]:
    """As many facts as there is room for, in order."""
    left, kept = MOST_TOKENS, list[Evidence]()
    for one in facts:
        cost = prompts.tokens(one.text)
        if cost <= left:
            left -= cost
            kept.append(one)
    return kept
