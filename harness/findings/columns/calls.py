"""A call as it is read: its arguments by place and by name, with what is known of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from harness.findings.columns.values import Frame, Text, Value, texts_of

Known = Mapping[ast.AST, Value]
"""What was found of the expressions of a statement so far."""


@dataclass(frozen=True)
class Call:
    """A call, of whatever."""

    node: ast.Call
    known: Known
    change: Callable[[Frame, Frame], None] = Frame.become  # how a frame is changed in place

    @cached_property
    def named(self) -> dict[str, ast.expr]:
        """Arguments by name."""
        return {one.arg: one.value for one in self.node.keywords if one.arg is not None}

    @cached_property
    def open(self) -> bool:
        """Whether it gives more than is written, by a star."""
        return any(one.arg is None for one in self.node.keywords) or any(
            isinstance(one, ast.Starred) for one in self.node.args
        )

    def expr(self, *places: int | str) -> ast.expr | None:
        """The argument at the first of some places, or of some names, that is given."""
        for place in places:
            if isinstance(place, str) and place in self.named:
                return self.named[place]
            if isinstance(place, int) and place < len(self.node.args) and not self.open:
                return self.node.args[place]
        return None

    def value(self, *places: int | str) -> Value:
        """What is known of it."""
        found = self.expr(*places)
        return None if found is None else self.known.get(found)

    def constant(self, *places: int | str) -> object:
        """What is written there, if it is a constant; else Ellipsis, which no option is."""
        found = self.expr(*places)
        return found.value if isinstance(found, ast.Constant) else ...

    def texts(self, *places: int | str) -> tuple[Text, ...] | None:
        """The texts that are given there; None where they are not known, or none are given."""
        return texts_of(self.value(*places))

    def names(self, *places: int | str) -> frozenset[str] | None:
        """The same as a set."""
        found = self.texts(*places)
        return None if found is None else frozenset(one.value for one in found)

    @property
    def by_columns(self) -> bool:
        """Whether ``axis`` says columns."""
        return self.constant("axis", 1) in (1, "columns")

    def said(self, *names: str) -> bool:
        """Whether one of these arguments is given by name."""
        return any(name in self.named for name in names)


def many_of(value: Value) -> frozenset[str] | None:
    """All names of columns that a value may stand for; None where they are not known."""
    texts = texts_of(value)
    if texts is not None:
        return frozenset(one.value for one in texts)
    if isinstance(value, Frame) and value.kind in ("names", "name"):
        return value.upper
    return None


def keys_of(node: ast.expr | None, cell: str) -> tuple[Text, ...] | None:
    """The texts that are keys of a dictionary that is written out; None where others may be."""
    if not isinstance(node, ast.Dict):
        return None
    found = []
    for key in node.keys:
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return None
        found.append(Text(key.value, key, cell))
    return tuple(found)


def values_of(node: ast.expr | None) -> frozenset[str] | None:
    """The texts that are its values; None where others may be."""
    if not isinstance(node, ast.Dict):
        return None
    found = [one.value for one in node.values if isinstance(one, ast.Constant)]
    texts = frozenset(one for one in found if isinstance(one, str))
    return texts if len(found) == len(node.values) else None
