"""The turn that asks for a cell again, rendered from ``_shared/repair.md.j2``."""

from __future__ import annotations

from collections.abc import Iterable

from harness.notebooks import marks
from harness.project import prompts
from harness.project.stages import REPAIR
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


def render(text: str, wanted: Wanted) -> str:
    """The turn. Raises PromptError naming the template's line where it is wrong."""
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
    return prompts.render_alone(REPAIR, text, values)


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
