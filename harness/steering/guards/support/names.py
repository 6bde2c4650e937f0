"""What names stand for within a statement: bound elsewhere, here by one plain assignment, or not
to be told.

An expression is written out for the kernel with each such name replaced by what it was assigned, so
that ``study = create_study()`` and, in the next line, ``study.best`` are ``create_study().best``.
"""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Iterator

from harness.steering.guards.support.reading import COMPREHENSIONS, FUNCTIONS, Statement

DEEPEST = 8  # names that stand for names
SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef, *COMPREHENSIONS)
BUILTINS = frozenset(dir(builtins))
# What they make can be told without their parts.
LITERALS: dict[type[ast.expr], ast.expr] = {
    ast.List: ast.List([], ast.Load()),
    ast.ListComp: ast.List([], ast.Load()),
    ast.Dict: ast.Dict([], []),
    ast.DictComp: ast.Dict([], []),
    ast.Tuple: ast.Tuple([], ast.Load()),
    ast.JoinedStr: ast.Constant(""),
}
LONGEST = 2_000  # characters of an expression that the kernel is asked about


class Written:
    """Writes expressions of one statement out, as the kernel may be asked about them."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._bound: dict[ast.AST, dict[str, list[ast.AST]]] = {}
        for node in statement.nodes:
            for name in binds(node):
                scope = self._scope_of(node)
                self._bound.setdefault(scope, {}).setdefault(name, []).append(node)

    def key(self, node: ast.expr) -> tuple[str, bool] | None:
        """What to ask about a node, and whether it runs later; None where nobody can tell."""
        made = self._write(node, 0)
        if made is None:
            return None
        text = ast.unparse(made)
        deferred = self._statement.is_file or self._statement.is_deferred(node)
        return (text, deferred) if len(text) <= LONGEST else None

    def binds(self, name: str) -> bool:
        """Whether the statement binds a name anywhere."""
        return any(name in names for names in self._bound.values())

    def scopes(self, node: ast.AST) -> Iterator[ast.AST]:
        """The scopes that a node sees, the innermost first."""
        inner = True
        for child, parent in self._statement.above(node):
            if isinstance(parent, SCOPES) and _is_inside(child, parent):
                if inner or not isinstance(parent, ast.ClassDef):
                    yield parent
                inner = False
        yield self._statement.tree

    def _scope_of(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.arg):
            parents = (parent for _, parent in self._statement.above(node))
            return next(one for one in parents if isinstance(one, (*FUNCTIONS, ast.Lambda)))
        if isinstance(node, ast.Name) and isinstance(self._statement.parents[node], ast.NamedExpr):
            found = self.scopes(node)
            return next(one for one in found if not isinstance(one, COMPREHENSIONS))
        return next(self.scopes(node))

    def _write(self, node: ast.expr, depth: int) -> ast.expr | None:
        """A copy of a node with the names that it rests on replaced."""
        if depth > DEEPEST:
            return None
        root = root_of(node)
        value: ast.expr | None = root
        if isinstance(root, ast.Name):
            value = self._value(root, depth)
        elif type(root) in LITERALS:
            value = LITERALS[type(root)]
        elif any(self._bound_in(one) for one in ast.walk(root) if isinstance(one, ast.Name)):
            return None
        return None if value is None else _rooted(node, root, value)

    def _bound_in(self, name: ast.Name) -> ast.AST | None:
        """The scope of the statement that a name is of; None: it is of none."""
        if self._statement.is_simple:
            scopes = [one for one in self.scopes(name) if one is not self._statement.tree]
        else:
            scopes = list(self.scopes(name))
        return next((one for one in scopes if name.id in self._bound.get(one, {})), None)

    def _value(self, name: ast.Name, depth: int) -> ast.expr | None:
        """What a name stands for, written out."""
        scope = self._bound_in(name)
        if scope is None:
            if self._statement.is_file and name.id not in BUILTINS:
                return None
            return name
        binders = self._bound[scope][name.id]
        if len(binders) != 1:
            return None
        (binder,) = binders
        parent = self._statement.parents[binder]
        if isinstance(binder, ast.alias):
            return _imported(parent, binder)
        plain = isinstance(parent, ast.Assign) and parent.targets == [binder]
        if not isinstance(parent, ast.Assign) or not plain or not self._comes_first(parent, name):
            return None
        return self._write(parent.value, depth + 1)

    def _comes_first(self, assign: ast.stmt, use: ast.AST) -> bool:
        """Whether an assignment was surely made where a name is used."""
        block = self._statement.parents[assign]
        for child, parent in self._statement.above(use):
            if parent is block and isinstance(child, ast.stmt):
                bodies = [body for body in _bodies(block) if assign in body]
                if not bodies or child not in bodies[0]:
                    return False
                return bodies[0].index(assign) < bodies[0].index(child)
        return False


def root_of(node: ast.expr) -> ast.expr:
    """What a chain of attributes, subscripts and calls begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node


def binds(node: ast.AST) -> Iterator[str]:
    """The names that one node binds."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names


def _is_inside(child: ast.AST, scope: ast.AST) -> bool:
    """Whether a part of a scope's node sees its names: a default and a decorator do not."""
    if isinstance(scope, (*FUNCTIONS, ast.ClassDef)):
        return child in scope.body
    if isinstance(scope, ast.Lambda):
        return child is scope.body
    return True


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        body = getattr(node, field, None)
        if isinstance(body, list):
            yield body


def _imported(statement: ast.AST, alias: ast.alias) -> ast.expr | None:
    """An import as an expression that the kernel's program understands."""
    if isinstance(statement, ast.ImportFrom):
        if statement.level or not statement.module:
            return None
        return ast.Attribute(_module(statement.module), alias.name, ast.Load())
    whole = alias.name if alias.asname else alias.name.partition(".")[0]
    return _module(whole)


def _module(name: str) -> ast.expr:
    return ast.Call(ast.Name("__import__", ast.Load()), [ast.Constant(name)], [])


def _rooted(node: ast.expr, root: ast.expr, value: ast.expr) -> ast.expr:
    """A copy of a chain that begins with something else."""
    if node is root:
        return value
    made = copy.copy(node)
    if isinstance(made, ast.Call):
        made.func = _rooted(made.func, root, value)
    elif isinstance(made, ast.Attribute | ast.Subscript):
        made.value = _rooted(made.value, root, value)
    return made
