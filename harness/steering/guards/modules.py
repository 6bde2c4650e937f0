"""Imports of modules that are neither installed nor files here, and of names they do not have."""

from __future__ import annotations

import ast

from harness.steering.guards.support.code import Alarm, Code, wrong_until
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.reading import Statement, read

NAME = "modules"


def judge(code: Code, live: Live) -> Alarm | None:
    """The first import that cannot be."""
    statement = read(code) if code.complete else None
    if statement is None:
        return None
    found = [node for node in statement.nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in sorted(found, key=lambda one: (one.lineno, one.col_offset)):
        # Files may be there by the time that a function or another file runs.
        later = statement.is_file or statement.is_deferred(node)
        if later or statement.is_caught(node) or statement.is_conditional(node):
            continue
        alarm = _whole(node, statement, live) or _names(node, statement, live)
        if alarm is not None:
            return alarm
    return None


def _whole(node: ast.Import | ast.ImportFrom, statement: Statement, live: Live) -> Alarm | None:
    """The module itself."""
    if isinstance(node, ast.ImportFrom):
        if node.level or not node.module:
            return None
        # Behind ``from`` and the blank; two blanks are rare enough to say nothing.
        at = statement.at(node.lineno, node.col_offset) + len("from ")
        named = [(node.module, at)]
    else:
        named = [(one.name, statement.span(one)[0]) for one in node.names]
    for name, at in named:
        is_there = live.module(name)
        if is_there is False and statement.code.cell.startswith(name, at):
            return Alarm(NAME, at, at + len(name), f"there is no module '{name}'")
    return None


def _names(node: ast.Import | ast.ImportFrom, statement: Statement, live: Live) -> Alarm | None:
    """What is imported from it."""
    if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
        return None
    fact = live.fact(f"__import__({node.module!r})")
    if fact is None or fact.attributes is None:
        return None
    for one in node.names:
        if one.name != "*" and one.name not in fact.attributes:
            at = statement.span(one)[0]
            end = at + wrong_until(one.name, fact.attributes)
            legal = tuple(name for name in fact.attributes if not name.startswith("_"))
            return Alarm(NAME, at, end, f"{node.module} has no '{one.name}'", legal)
    return None
