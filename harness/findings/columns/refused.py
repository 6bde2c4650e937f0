"""Columns that a frame of which nothing else is known refused: a kernel's KeyError names them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping

from harness.findings.columns.values import Frame, Value
from harness.records import CellResult


def note(
    statement: ast.stmt, line: int, result: CellResult | None, scope: Mapping[str, Value]
) -> frozenset[str]:
    """Take from a statement's one frame what the kernel did not find in it, at ``line``.

    Gives what that was.
    """
    last = statement.end_lineno or statement.lineno
    if result is None or result.error != "KeyError" or not statement.lineno <= line <= last:
        return frozenset()
    walked = list(ast.walk(statement))
    frames = {
        id(value): value
        for node in walked
        if isinstance(node, ast.Name)
        and isinstance(value := scope.get(node.id), Frame)
        and value.kind == "frame"
    }
    said = Counter(
        node.value
        for node in walked
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    message = result.message or ""
    names = {
        name
        for name, times in said.items()
        # A bare key may be that of a dict; where it stands once, and beside a frame, it is not.
        if repr(name) in message and (times == 1 or message != repr(name))
    }
    frame = next(iter(frames.values())) if len(frames) == 1 else None
    if frame is None or names & frame.lower:
        return frozenset()
    frame.become(frame.without(frozenset(names)))
    return frozenset(names)
