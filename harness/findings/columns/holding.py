"""What the names of a notebook stand for, and how statements change it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace

from harness.findings.columns import makers
from harness.findings.columns.calls import Call, many_of
from harness.findings.columns.reading import Reader
from harness.findings.columns.values import (
    Column,
    Estimator,
    Frame,
    Several,
    Texts,
    Value,
    element,
    joined,
)
from harness.records import Cell, Observation

GROWING = {"append", "extend", "insert", "remove", "pop", "clear", "update", "add", "discard"}
OF_ROWS = "set|data|df|x|y|features|labels|scaled|encoded|processed|transformed|prepared|final"
TEST = re.compile(rf"(?:^|_)(?:test|tst|holdout)(?:_(?:{OF_ROWS}))*\d*$", re.IGNORECASE)


@dataclass
class Held:
    """Names and their values; ``maybe``: whether what comes next may not run."""

    tables: makers.Tables
    scope: dict[str, Value] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    functions: dict[str, tuple[ast.FunctionDef, Cell]] = field(default_factory=dict)
    maybe: bool = False

    def reader(self, cell: Cell) -> Reader:
        """Who reads the next statement of a cell."""
        given = (cell.id, self.scope, self.imports, self.tables, self.change)
        return Reader(*given, sure=not self.maybe)

    def change(self, frame: Frame, new: Frame) -> None:
        """Let a frame be another, for all who hold it."""
        after = joined(replace(frame), replace(new, kind=frame.kind)) if self.maybe else new
        if isinstance(after, Frame):
            frame.become(after)

    def take(self, node: ast.Import | ast.ImportFrom) -> None:
        """Bind what is imported."""
        for one in node.names:
            bound = one.asname or one.name.partition(".")[0]
            self.scope.pop(bound, None)
            if isinstance(node, ast.ImportFrom):
                self.imports[bound] = f"{node.module or ''}.{one.name}"
            else:
                self.imports[bound] = one.name if one.asname else bound

    def give_away(self, reader: Reader) -> None:
        """A function of the notebook's own may change the frames that it is given."""
        for call in reader.calls:
            name = call.node.func.id if isinstance(call.node.func, ast.Name) else ""
            self._grow(call)
            method = isinstance(call.node.func, ast.Attribute) and call.node.func.attr == "pipe"
            if name in self.functions or method:
                owner = [call.node.func.value] if isinstance(call.node.func, ast.Attribute) else []
                given = [*call.node.args, *(one.value for one in call.node.keywords), *owner]
                for one in given:
                    value = reader.known.get(one)
                    if isinstance(value, Frame):
                        value.become(value.unknown())

    def _grow(self, call: Call) -> None:
        """A list that is changed is no longer known."""
        func = call.node.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            value = call.known.get(func.value)
            if isinstance(value, Texts | Several) and func.attr in GROWING:
                self.scope[func.value.id] = None

    def effect(self, node: ast.stmt, reader: Reader) -> None:
        """What a plain statement binds, sets and deletes."""
        if isinstance(node, ast.Assign):
            value = reader.known.get(node.value)
            for target in node.targets:
                self.bind(target, value, reader)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.bind(node.target, reader.known.get(node.value), reader)
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                self.scope[node.target.id] = None
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self._delete(target, reader)
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                self.bind(inner.target, reader.known.get(inner), reader)

    def bind(self, target: ast.expr, value: Value, reader: Reader) -> None:
        """Assign a value to a target."""
        if isinstance(target, ast.Name):
            self._name(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value, reader)
        elif isinstance(target, ast.Subscript):
            self._set(target, reader)
        elif isinstance(target, ast.Attribute):
            owner = reader.known.get(target.value)
            if isinstance(owner, Frame) and owner.kind == "frame" and target.attr == "columns":
                names = many_of(value) if isinstance(value, Texts) else None
                self.change(owner, owner.unknown() if names is None else owner.only(names))
            elif isinstance(owner, Frame) and target.attr in ("index", "name", "names"):
                owner.levels = None
            elif isinstance(owner, Frame) and owner.kind == "frame":
                owner.texts -= {target.attr}

    def _name(self, name: str, value: Value) -> None:
        if isinstance(value, Frame | Column) and value.rows == "test" and not TEST.search(name):
            value = replace(value, rows="")  # it may be there to choose by
        if self.maybe and name in self.scope:
            value = joined(self.scope[name], value)
        self.scope[name] = value

    def _unpack(self, targets: list[ast.expr], value: Value, reader: Reader) -> None:
        items = value.items if isinstance(value, Several) else ()
        if isinstance(value, Several) and items and isinstance(items[0], Estimator):
            items = (None, element(value))  # ``for name, model in models.items()``
        if isinstance(value, Estimator):
            items = (None, value)
        fits = len(items) == len(targets)
        for place, target in enumerate(targets):
            inner = target.value if isinstance(target, ast.Starred) else target
            self.bind(inner, items[place] if fits else None, reader)

    def _set(self, target: ast.Subscript, reader: Reader) -> None:
        """``frame[…] = …`` and ``frame.loc[…, …] = …``."""
        owner, index = reader.known.get(target.value), target.slice
        if not isinstance(owner, Frame) or owner.kind not in ("frame", "loc"):
            return
        frame = owner
        if owner.kind == "loc":
            pair = index.elts if isinstance(index, ast.Tuple) else []
            if len(pair) != 2 or owner.of is None or isinstance(pair[1], ast.Slice):
                return
            frame, index = owner.of, pair[1]
        chosen = reader.known.get(index)
        if isinstance(chosen, Column) or isinstance(index, ast.Slice | ast.Compare):
            return  # rows
        names = many_of(chosen)
        sure = not isinstance(chosen, Frame)
        if names is None:
            self.change(frame, replace(frame.unknown(), lower=frame.lower))
        elif sure:
            self.change(frame, frame.with_columns(names))
        else:  # nobody knows which hold other values now
            self.change(frame, replace(frame, texts=frozenset()))

    def _delete(self, target: ast.expr, reader: Reader) -> None:
        if isinstance(target, ast.Name):
            self.scope[target.id] = None
        elif isinstance(target, ast.Subscript):
            owner, names = reader.known.get(target.value), many_of(reader.known.get(target.slice))
            if isinstance(owner, Frame) and owner.kind == "frame":
                self.change(owner, owner.part() if names is None else owner.without(names))

    def observe(self, observation: Observation | None) -> None:
        """Take what a kernel was seen to hold for what the names stand for."""
        if observation is None or observation.problem:
            return
        for one in observation.variables:
            old = self.scope.get(one.name)
            if one.type != "pandas.DataFrame":
                if isinstance(old, Frame) and old.kind == "frame":
                    self.scope[one.name] = None
                continue
            names = frozenset(column.name for column in one.columns)
            whole = not one.columns_left and one.shape is not None and one.shape[-1] == len(names)
            rows = old.rows if isinstance(old, Frame) else ""
            plain = whole and not any(name.startswith("(") for name in names)
            upper = names if plain else None
            self.scope[one.name] = Frame(upper, names, rows=rows, source="what the kernel held")
