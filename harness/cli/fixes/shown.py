"""A change of a notebook, for the eye and as the text of a fix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import show
from harness.fixes import writing

if TYPE_CHECKING:
    from harness.fixes.edits import Found
    from harness.records import FixHeader, Run

LONGEST_LINE = 300  # characters


def text_of(header: FixHeader, run: Run, change: Found, *, as_rule: bool) -> tuple[str, str, str]:
    """A change as slug, suffix and text of a fix."""
    slug = writing.slug_of(header.description)
    if as_rule and change.rule is not None:
        return slug, ".yml", writing.rule_text(header, change.rule)
    return slug, ".patch", writing.patch_text(header, run.stage, change.hunk)


def print_change(change: Found, title: str) -> None:
    """The hunk, and the rule that says the same."""
    show.block(f"{title}, cell {change.cell}", shortened(change.hunk))
    if change.rule is not None:
        show.block("The same as a rule, whatever the variables", writing.rule_body(change.rule))


def shortened(hunk: str) -> str:
    """A hunk for the eye: what is attached to a cell is one line of a megabyte."""
    lines = hunk.split("\n")
    return "\n".join(
        line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in lines
    )


def near(path: Path) -> Path:
    """A path as short as it is from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
