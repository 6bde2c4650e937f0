"""Whether a statement that failed may have changed what the kernel holds.

To replay everything that was accepted is always right, and may take seconds. So where nothing that
had begun when a statement failed looks as if it changed a value, what the names stand for is
compared, and only a difference is replayed. That comparison sees no values, so whether something
changes one in its place is told by what it is called. Where a name is missing here, a change stays
in a kernel that is only there to be looked at; the notebook's own run counts. See decision 0042.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from typing import TypeGuard

from harness.steering.places import At

# What changes what it is called on, or is given, by what the libraries at hand call it.
IN_PLACE = re.compile(
    r"append|extend|insert|remove|pop|popitem|clear|update|setdefault|sort|reverse|shuffle|add"
    r"|discard|fill|fit\w*|partial_fit|train|optimi[sz]e|tell|ask|enqueue\w*|seed|write\w*|seek"
    r"|close|next|send|put\w*|heap\w*|(set|add|register|del)_\w+|save\w*|dump\w*|unlink|rename"
    r"|mkdir|rmdir|touch|run\w*|exec\w*"
)
CHANGING = {"exec", "eval", "setattr", "delattr", "globals", "locals", "vars", "open"}
SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Assert)
INNER = (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
# What is in them may have run before, and what is around them may have begun.
REPEATED = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def may_change(source: str, own: Collection[str], at: At | None = None) -> bool:
    """Whether ``source`` may have changed a value in its place before it failed.

    What it bound is seen by other means. ``own`` are the names of functions and classes that cells
    defined. ``at`` is the innermost expression that failed, None where it is not known: a call that
    it is an argument of, or that is made of what it gives, had not begun.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return True  # a magic, or nothing that is known
    if len(body) != 1 or not isinstance(body[0], SIMPLE):
        return True
    around = _around(body[0], at)
    if _sets_several(body[0]) and body[0].value not in around:
        return True  # the first of them may be set
    waiting = [] if any(isinstance(one, REPEATED) for one in around[1:]) else around[1:]
    return any(_changes(node, own) for node in ast.walk(body[0]) if node not in waiting)


def _around(statement: ast.stmt, at: At | None) -> list[ast.AST]:
    """What failed, and the nodes around it, from the inside out; empty where it is not found."""
    nodes = list(ast.walk(statement))  # from the outside in
    failed = next((one for one in nodes if isinstance(one, ast.expr) and _place(one) == at), None)
    if failed is None:
        return []
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    found: list[ast.AST] = [failed]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found


def _place(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _sets_several(statement: ast.stmt) -> TypeGuard[ast.Assign]:
    """Whether it sets more than one thing, and not only names."""
    if not isinstance(statement, ast.Assign):
        return False
    nodes = [node for target in statement.targets for node in ast.walk(target)]
    kinds = (ast.Name, ast.Subscript, ast.Attribute)
    is_set = [one for one in nodes if isinstance(one, kinds) and isinstance(one.ctx, ast.Store)]
    return len(is_set) > 1 and not all(isinstance(one, ast.Name) for one in is_set)


def _changes(node: ast.AST, own: Collection[str]) -> bool:
    if isinstance(node, INNER):
        return True
    if not isinstance(node, ast.Call):
        return False
    if any(one.arg == "inplace" or one.arg is None for one in node.keywords):
        return True
    if isinstance(node.func, ast.Attribute):
        return IN_PLACE.fullmatch(node.func.attr) is not None
    if isinstance(node.func, ast.Name):
        name = node.func.id
        return name in own or name in CHANGING or IN_PLACE.fullmatch(name) is not None
    return True  # what is called is the answer of another call
