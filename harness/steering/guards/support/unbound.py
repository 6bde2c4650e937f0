"""Names that nothing binds, as far as anybody can see."""

from __future__ import annotations

import ast
import re

from harness.notebooks import syntax
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.names import BUILTINS, binds
from harness.steering.guards.support.reading import Statement

# What binds names that nobody can read off.
BINDS_UNSEEN = re.compile(
    r"\bimport[ \t]+\*|\b(?:exec|eval|globals|locals|vars|setattr)[ \t]*\(|^[ \t]*%", re.M
)
# They are there in every module.
MODULE_NAMES = {"__name__", "__file__", "__doc__", "__builtins__", "__spec__", "__class__"}
# IPython puts them among the built-in names, but only while a cell runs.
OF_CELLS = {"display", "get_ipython"}


def unbound(statement: Statement, live: Live) -> list[ast.Name]:
    """Names that are read and that neither the kernel nor the cell binds, in their order."""
    used = [
        node
        for node in statement.nodes
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and statement.is_tail(statement.span(node)[0])
        and node.id not in BUILTINS
        and node.id not in MODULE_NAMES
        and not statement.is_caught(node)
    ]
    if not used or (statement.closed and statement.closed.tail.kind != "name"):
        return []
    bound = {name for node in statement.nodes for name in binds(node)}
    used = [node for node in used if node.id not in bound]
    if not used or BINDS_UNSEEN.search(_code_of(statement)):
        return []
    if not statement.is_file:
        names = live.names()
        if names is None:
            return []
        used = [node for node in used if node.id not in names | OF_CELLS]
    if used and not statement.is_file:
        # Where what comes before has not run, or has failed and stayed.
        before = syntax.bound_names(statement.code.cell[: statement.code.start])
        used = [node for node in used if node.id not in before]
    return sorted(used, key=lambda node: (node.lineno, node.col_offset))


def _code_of(statement: Statement) -> str:
    return statement.source if statement.is_file else statement.code.cell
