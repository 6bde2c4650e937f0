"""One statement read from the inside out: what its expressions give, and which columns it names.

No expression is read by recursion, so that a deep one costs no more than a long one; one that is
too deep or too long is not read at all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from harness.findings.columns import choosing, makers, methods, named
from harness.findings.columns.calls import Call
from harness.findings.columns.values import (
    Column,
    Estimator,
    Frame,
    Several,
    Text,
    Texts,
    Value,
    element,
    texts_of,
)

MOST_NODES, DEEPEST = 20_000, 150
LONGEST_NAME = 300  # characters of a text that may name a column
SCOPES = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
Scope = Mapping[str, Value]


class Reader:
    """Reads expressions of one statement of a cell, by what the names stand for before it."""

    def __init__(
        self,
        cell: str,
        scope: Scope,
        imports: Mapping[str, str],
        tables: makers.Tables,
        change: Callable[[Frame, Frame], None] = Frame.become,
        *,
        sure: bool = True,
    ) -> None:
        self.cell, self.scope, self.imports = cell, scope, imports
        self.tables, self.change, self.sure = tables, change, sure
        self.known: dict[ast.AST, Value] = {}
        self.parents: dict[ast.AST, ast.AST] = {}
        self.lacking: list[tuple[ast.AST, named.Named]] = []  # at that point
        self.calls: list[Call] = []

    def read(self, root: ast.AST) -> Value:
        """What ``root`` gives; what it names and calls is in ``lacking`` and ``calls`` then."""
        for node in self._inside_out(root):
            self.known[node] = self._value(node)
        return self.known.get(root)

    def dotted(self, node: ast.AST) -> str:
        """``pandas.read_csv`` of ``pd.read_csv``; nothing where it is no name of an import."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < 10:
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in self.scope:
            return ""
        root = self.imports.get(node.id, "" if parts else node.id)
        return ".".join([root, *reversed(parts)]) if root else ""

    def _inside_out(self, root: ast.AST) -> Iterator[ast.AST]:
        """Each node behind those that it is made of; nothing where there is too much of it."""
        order: list[ast.AST] = []
        pending: list[tuple[ast.AST, int, bool]] = [(root, 0, False)]
        while pending:
            node, depth, done = pending.pop()
            if done:
                order.append(node)
                continue
            if depth > DEEPEST or len(order) + len(pending) > MOST_NODES:
                return
            pending.append((node, depth, True))
            children = list(ast.iter_child_nodes(node))
            if isinstance(node, SCOPES):
                children = [*node.generators, *children[: -len(node.generators)]]
            elif isinstance(node, ast.comprehension):
                children = [node.iter, node.target, *node.ifs]
            for child in reversed(children):
                self.parents[child] = node
                pending.append((child, depth + 1, False))
        yield from order

    def _value(self, node: ast.AST) -> Value:
        known = self.known
        match node:
            case ast.Constant(value=str(text)):
                return Text(text, node, self.cell) if len(text) <= LONGEST_NAME else None
            case ast.Name(id=name):
                return self._looked_up(node, name)
            case ast.Attribute(value=inner, attr=attr):
                return choosing.attribute(known.get(inner), attr)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
        return self._made(node)

    def _made(self, node: ast.AST) -> Value:
        """What is put together of other values."""
        known = self.known
        match node:
            case ast.List() | ast.Tuple() | ast.Set():
                return self._listed(node)
            case ast.Dict():
                return Several(tuple(known.get(one) for one in node.values))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _together(known.get(left), known.get(right))
            case ast.Compare(left=left, comparators=[_]):
                return value if isinstance(value := known.get(left), Column) else None
            case ast.ListComp():
                return self._comprehended(node)
        return None

    def _looked_up(self, node: ast.Name, name: str) -> Value:
        """What a name stands for: in a comprehension or a lambda that binds it, or outside."""
        at: ast.AST = node
        while (parent := self.parents.get(at)) is not None:
            if isinstance(parent, SCOPES):
                for one in parent.generators:
                    if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(one.target)):
                        plain = isinstance(one.target, ast.Name)
                        return element(self.known.get(one.iter)) if plain else None
            elif isinstance(parent, ast.Lambda):
                arguments = [one.arg for one in ast.walk(parent.args) if isinstance(one, ast.arg)]
                if name in arguments:
                    return self._given(parent) if arguments == [name] else None
            at = parent
        return self.scope.get(name)

    def _given(self, node: ast.Lambda) -> Value:
        """What a function without a name is given, where it is an argument of a frame's method."""
        parent = self.parents.get(node)
        if isinstance(parent, ast.keyword):
            parent = self.parents.get(parent)
        if not isinstance(parent, ast.Call) or not isinstance(parent.func, ast.Attribute):
            return None
        owner, call = self.known.get(parent.func.value), Call(parent, self.known)
        if not isinstance(owner, Frame) or owner.kind != "frame":
            return None
        if parent.func.attr == "apply" and call.constant("axis", 1) in (1, "columns"):
            return replace(owner, kind="row")
        if parent.func.attr == "assign":
            return owner.with_columns(frozenset(call.named))
        return None

    def _listed(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        values = [self.known.get(one) for one in node.elts]
        texts = tuple(one for one in values if isinstance(one, Text))
        if texts and len(texts) == len(values):
            return Texts(texts)
        return Several(tuple(values))

    def _comprehended(self, node: ast.ListComp) -> Value:
        """``[name for name in names if …]`` gives some of the names."""
        one = self.known.get(node.elt)
        if isinstance(one, Frame) and one.kind == "name" and isinstance(node.elt, ast.Name):
            return replace(one.part(), kind="names")
        plain = isinstance(node.elt, ast.Name) and not node.generators[0].ifs
        return replace(one, each=False) if isinstance(one, Texts) and plain else None

    def _subscript(self, node: ast.Subscript) -> Value:
        if not isinstance(node.ctx, ast.Store) or isinstance(self.parents.get(node), ast.AugAssign):
            self._note(node, named.of_subscript(node, self.known))
        return choosing.subscript(node, self.known)

    def _call(self, node: ast.Call) -> Value:
        call = Call(node, self.known, self.change)
        self.calls.append(call)
        if dotted := self.dotted(node.func):
            return self._function(dotted, call)
        if not isinstance(node.func, ast.Attribute):
            return None
        owner, name = self.known.get(node.func.value), node.func.attr
        match owner:
            case Column():
                return methods.of_column(owner, name)
            case Several():
                return owner if name in ("items", "values") and not node.args else None
            case Frame():
                return self._method(owner, name, call)
        return self._fit(owner, name, call)

    def _fit(self, owner: Value, name: str, call: Call) -> Value:
        """What a method of a model gives; the columns that it was told have to be there by then."""
        given = call.value(0, "X")
        if isinstance(owner, Estimator) and isinstance(given, Frame) and name in named.FITS:
            self._note(call.node, (named.Named(one, given) for one in owner.named))
        if name in ("fit_transform", "transform"):
            return given if isinstance(given, Column) else None
        return owner if name == "fit" and isinstance(owner, Estimator) else None

    def _note(self, node: ast.AST, found: Iterable[named.Named]) -> None:
        """Keep what is not there now; what is read of an open frame is there from now on."""
        for one in found:
            name = one.within or one.text.value
            if one.frame.lacks(name, level=one.level):
                self.lacking.append((node, one))
            elif self.sure and isinstance(node, ast.Subscript) and one.frame.upper is None:
                one.frame.lower |= {name}

    def _method(self, owner: Frame, name: str, call: Call) -> Value:
        self._note(call.node, named.of_method(owner, name, call, self.cell))
        if owner.kind == "names":
            return methods.of_names(owner, name)
        if owner.kind != "frame":
            return None
        if name == "to_csv":
            makers.write(owner, call, self.tables)
        made = methods.of_frame(owner, name, call)
        if not call.said("inplace") or call.constant("inplace") is False:
            return made
        self.change(owner, made if isinstance(made, Frame) else owner.unknown())
        return None

    def _function(self, dotted: str, call: Call) -> Value:
        name = dotted.rpartition(".")[2]
        if dotted.startswith("seaborn."):
            self._note(call.node, named.of_plot(call))
        elif dotted.startswith("pandas."):
            path = call.value(0, "filepath_or_buffer", "io")
            whole = isinstance(path, Text) and name in makers.READERS
            made = self.tables.of(path.value, call) if whole and isinstance(path, Text) else None
            self._note(call.node, named.of_pandas(name, call, made))
        maker = makers.MAKERS.get(dotted)
        return maker(call, self.tables) if maker else makers.estimator(dotted, call)


def _together(left: Value, right: Value) -> Value:
    """Two lists of texts or names as one."""
    one, other = texts_of(left), texts_of(right)
    if (
        isinstance(left, Texts)
        and isinstance(right, Texts)
        and one is not None
        and other is not None
    ):
        return None if left.each or right.each else Texts((*one, *other))
    return None
