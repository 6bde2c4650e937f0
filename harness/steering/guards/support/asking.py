"""All that a statement's guards will want to know, asked for at once."""

from __future__ import annotations

import ast

from harness.steering.guards.support.code import Code
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.names import Written
from harness.steering.guards.support.reading import read


def prepare(code: Code, live: Live) -> bool:
    """Ask; whether there is anything to judge."""
    statement = read(code)
    if statement is None:
        return False
    if not code.complete:
        return True  # one expression at most, which is asked for where it is judged
    written = Written(statement)
    keys, modules = [], []
    for node in statement.nodes:
        asked: ast.expr | None = None
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Load):
            asked = node.value
        elif isinstance(node, ast.Call):
            asked = node.func
        elif isinstance(node, ast.Import):
            modules += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.append(node.module)
            keys.append((f"__import__({node.module!r})", False))
        if asked is not None and (key := written.key(asked)) is not None:
            keys.append(key)
    live.look(keys, modules, names=True)
    return True
