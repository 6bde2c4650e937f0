"""Whether a statement that failed may have changed what the kernel holds.

To replay everything that was accepted is always right, and may take seconds. So the statements of
which it is plain that they did nothing before they failed are told from the others, and what is not
plain counts as a change.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

# Methods that change what they are called on, by what the libraries at hand call them.
IN_PLACE = re.compile(
    r"append|extend|insert|remove|pop|popitem|clear|update|setdefault|sort|reverse|add|discard"
    r"|fill|fit\w*|partial_fit|train|optimi[sz]e|seed|write\w*|seek|close|next|send|put"
    r"|(set|add|register|del)_\w+|save\w*|dump\w*|unlink|rename|mkdir|rmdir|touch|run\w*|exec\w*"
)
CHANGING = {"exec", "eval", "next", "setattr", "delattr", "globals", "locals", "vars", "open"}
SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Assert)
INNER = (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)


def may_change(source: str, own: Collection[str]) -> bool:
    """Whether ``source`` may have changed a value in its place before it failed.

    What it bound is seen by other means. ``own`` are the names of functions and classes that cells
    defined.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return True  # a magic, or nothing that is known
    if len(body) != 1 or not isinstance(body[0], SIMPLE):
        return True
    return any(_changes(node, own) for node in ast.walk(body[0]))


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
        return node.func.id in own or node.func.id in CHANGING
    return True  # what is called is the answer of another call
