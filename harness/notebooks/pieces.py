"""Pieces of a reply as cells, which get their step and their id later."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence

from harness.notebooks import fences, syntax
from harness.notebooks.installs import install_lines
from harness.notebooks.marks import BLANK, PYTHON
from harness.records import Cell, Found

PROMPT, ANSWERED = ">>>", "..."


def dressed(lines: Sequence[str]) -> Iterator[Cell]:
    """The fences that hold Python as code, and what lies between them as prose."""
    prose_from = 0
    for fence in fences.fences(lines):
        source = _code(fence)
        if source is None:
            continue
        yield from prose([*lines[prose_from : fence.first], fence.before])
        yield from code(source, fence.info, fence.unclosed, fence.found)
        yield from prose([fence.behind])
        prose_from = fence.end
    yield from prose(lines[prose_from:])


def prose(lines: Sequence[str]) -> Iterator[Cell]:
    """A cell of prose, where there is any."""
    text = "\n".join(lines).strip("\n")
    if text.strip(BLANK + "\n"):
        yield Cell(id="x", kind="markdown", source=text, step="x", origin="prose")


def code(
    source: str, info: str = "", unclosed: bool = False, found: Found | None = None
) -> Iterator[Cell]:
    """A code cell, where there is any code."""
    if source.strip():
        yield Cell(
            id="x",
            kind="code",
            source=source,
            step="x",
            origin="fence",
            language=info.strip()[:40],
            unclosed=unclosed,
            found=found,
            installs=install_lines(source),
        )


def _code(fence: fences.Fence) -> str | None:
    """The source that a fence holds, or None where it is no Python."""
    if fence.language not in PYTHON and fence.language:
        return None
    source = fence.source
    if source.lstrip().startswith(PROMPT):
        return _without_prompts(source)
    if source.strip() and not fence.language and not acts(source):
        return None
    return at_margin(source)


def at_margin(source: str) -> str:
    """``source`` without an indentation that all of its lines have, where that makes it Python."""
    if not source.startswith((" ", "\t")) or syntax.tree(source) is not None:
        return source
    moved = textwrap.dedent(source)
    return moved if syntax.tree(moved) is not None else source


def _without_prompts(source: str) -> str:
    """Statements of an interactive session; ``source`` as it is where a prompt is not like that."""
    found = []
    inside = False
    for line in source.split("\n"):
        text = line.lstrip()
        inside = text.startswith(PROMPT) or (inside and text.startswith(ANSWERED))
        if inside and text[3:4] not in {"", " "}:
            return source
        if inside:
            found.append(text[4:])
    return "\n".join(found).rstrip("\n")


def acts(source: str) -> bool:
    """Whether text is Python statements that do something."""
    module = syntax.tree(source)
    if module is None or any(map(_is_data, module.body)):
        return False
    # A table or a number shown as an example often parses; it says nothing to do.
    inert = (ast.Constant, ast.Name, ast.Tuple, ast.List, ast.BinOp, ast.UnaryOp, ast.Compare)
    return any(not (isinstance(s, ast.Expr) and isinstance(s.value, inert)) for s in module.body)


def _is_data(statement: ast.stmt) -> bool:
    """Whether a statement is a line of YAML (``name: churn``) or TOML (``[project]``)."""
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.List)):
        return False
    return all(isinstance(one, ast.Name | ast.Attribute) for one in statement.value.elts)
