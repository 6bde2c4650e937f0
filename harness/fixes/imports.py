"""Imports that a cell failed for want of: which they are, and where they go.

A name is imported in the first cell that lacks it, once for the whole notebook. What an earlier
cell was to define as a value of its own is left alone: that failure follows from another one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from harness.fixes.matches import Match
from harness.notebooks import syntax
from harness.records import CellResult, CellStatus

MISSING = re.compile(r"name '(\w+)' is not defined")


def wrong(imports: Mapping[str, str]) -> str | None:
    """What is wrong with a table of names and the statements that import them; None: nothing."""
    for name, statement in imports.items():
        module = syntax.tree(statement)
        body = module.body if module is not None else []
        told = f"imports.{name}: '{' '.join(statement.split())}'"
        if len(body) != 1 or not isinstance(body[0], ast.Import | ast.ImportFrom):
            return f"{told} is no import"
        if syntax.bound(body[0]) != {name}:
            return f"{told} does not import {name}, and nothing else"
    return None


def find(
    imports: Mapping[str, str],
    source: str,
    result: CellResult | None,
    above: Sequence[str],
    given: Collection[str],
) -> list[Match]:
    """Where imports go into a cell that did not run to its end, as ``result`` says.

    They are for the name that it failed for want of, and for what else it uses and nobody defines:
    it would fail for want of that next. ``above`` are the cells before it, and ``given`` the names
    that were imported there already.
    """
    module = syntax.tree(source)
    if module is None or (result is not None and result.status is CellStatus.OK):
        return []
    wanted = {_missing(result)} - set[str]().union(*map(syntax.variables, (*above, source)))
    trees = [tree for one in above if (tree := syntax.tree(one)) is not None]
    if not any(map(_takes_everything, trees)):
        known = set[str]().union(*map(_defined, (*trees, module)))
        wanted |= {node.id for node in ast.walk(module) if isinstance(node, ast.Name)} - known
    wanted -= {*given, *_leading(module)}
    start, line = _begin(source, module)
    return [
        Match(start, start, line, f"{statement}\n", {"NAME": name})
        for name, statement in imports.items()
        if name in wanted
    ]


def _missing(result: CellResult | None) -> str | None:
    """The name that a cell failed for want of."""
    if result is None or result.error != "NameError":
        return None
    found = MISSING.search(result.message or "")
    return found.group(1) if found else None


def _defined(module: ast.Module) -> Iterator[str]:
    """Every name that a cell defines, in whatever scope."""
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.split(".")[0]


def _takes_everything(module: ast.Module) -> bool:
    """Whether a cell imports names that nobody can see, as ``from x import *`` does."""
    return any(isinstance(node, ast.alias) and node.name == "*" for node in ast.walk(module))


def _leading(module: ast.Module) -> set[str]:
    """The names that a cell imports before it does anything."""
    names = set[str]()
    for statement in module.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            break
        names |= syntax.bound(statement)
    return names


def _begin(source: str, module: ast.Module) -> tuple[int, int]:
    """The character and the line of a cell's first statement that may stand behind an import."""
    first = next((one for one in module.body if not _stays_first(one)), None)
    lines = source.split("\n")
    line = len(lines) if first is None else _line(first) - 1
    return sum(len(text) + 1 for text in lines[:line]), line


def _stays_first(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "__future__"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _line(statement: ast.stmt) -> int:
    above: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in above)])
