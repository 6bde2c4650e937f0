"""Columns and keys that a frame, a grouping or a plain dictionary cannot have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.notebooks.frame_calls import NAMES_COLUMNS
from harness.steering.guards.support.code import Alarm, Code, wrong_until
from harness.steering.guards.support.live import Fact, Live
from harness.steering.guards.support.names import Written, root_of
from harness.steering.guards.support.reading import Statement, read

NAME = "columns"
METHODS = {**NAMES_COLUMNS, "drop": ("columns",)}
MAY_NAME_LEVELS = {"groupby", "sort_values", "nlargest", "pivot_table", "pivot", "value_counts"}
LAX = {"errors", "level", "axis", "inplace"}  # with them, a column need not be there
OF_DATA = {"x", "y", "hue", "size", "style", "units", "col", "row"}  # what seaborn takes of data=
WHOLE = {"loc", "at"}


class Named(NamedTuple):
    """A text that names a column of a frame, or a key."""

    node: ast.Constant
    owner: ast.expr
    levels: bool  # whether names of the index will do


def judge(code: Code, live: Live) -> Alarm | None:
    """The first column or key that cannot be there."""
    statement = read(code)
    if statement is None or (statement.closed and statement.closed.tail.kind != "key"):
        return None
    written = Written(statement)
    found = [
        (inner, named)
        for named in _named(statement)
        if (inner := statement.inner(named.node)) is not None
        and statement.is_tail(inner[0])
        and not statement.is_caught(named.node)
        and not statement.is_conditional(named.node)
    ]
    for inner, named in sorted(found, key=lambda one: one[0]):
        alarm = _alarm(inner, named, statement, written, live)
        if alarm is not None:
            return alarm
    return None


def _named(statement: Statement) -> Iterator[Named]:
    """All texts of a statement that stand where a column or a key is named."""
    for node in statement.nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load | ast.Del):
            yield from _of_subscript(node)
        elif isinstance(node, ast.Call):
            yield from _of_call(node)


def _of_subscript(node: ast.Subscript) -> Iterator[Named]:
    owner = node.value
    if isinstance(owner, ast.Attribute) and owner.attr in WHOLE:
        if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
            for text in _texts(node.slice.elts[1]):
                yield Named(text, owner.value, levels=False)
        return
    if isinstance(node.slice, ast.Constant | ast.List):
        for text in _texts(node.slice):
            yield Named(text, owner, levels=False)


def _of_call(node: ast.Call) -> Iterator[Named]:
    function = node.func
    given: dict[str | None, ast.expr] = {one.arg: one.value for one in node.keywords}
    if not isinstance(function, ast.Attribute) or None in given:
        return
    data = given.get("data")
    if data is not None:
        for name in OF_DATA & {one for one in given if one is not None}:
            if isinstance(text := given[name], ast.Constant) and isinstance(text.value, str):
                yield Named(text, data, levels=True)
        return
    if any(name in LAX and not _is_plain(name, given) for name in given if name is not None):
        return
    for place in METHODS.get(function.attr, ()):
        value: ast.expr | None = None
        if isinstance(place, str):
            value = given.get(place)
        elif place < len(node.args) and not any(isinstance(a, ast.Starred) for a in node.args):
            value = node.args[place]
        for text in _texts(value):
            yield Named(text, function.value, levels=function.attr in MAY_NAME_LEVELS)


def _is_plain(name: str, given: dict[str | None, ast.expr]) -> bool:
    """Whether an argument says what is so without it."""
    value = given[name]
    if name == "axis":
        return isinstance(value, ast.Constant) and value.value in (0, "index")
    return name == "inplace" or (isinstance(value, ast.Constant) and value.value == "raise")


def _texts(node: ast.expr | None) -> Iterator[ast.Constant]:
    for one in node.elts if isinstance(node, ast.List) else [node]:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one


def _alarm(
    inner: tuple[int, int], named: Named, statement: Statement, written: Written, live: Live
) -> Alarm | None:
    key = written.key(named.owner)
    if key is None or key[1]:  # what a function will find is not there yet
        return None
    fact = live.fact(key[0])
    known = _known(fact, named) if fact is not None else None
    text = str(named.node.value)
    if fact is None or known is None or text in known:
        return None
    if not _is_sure(named, known, statement) or _is_made(named, statement):
        return None
    quote = statement.code.cell[inner[0] - 1]
    legal = tuple(_quoted(one, quote) for one in known)
    what = "column" if fact.kind == "frame" or "GroupBy" in fact.kind else "key"
    end = inner[0] + wrong_until(text, legal)
    said = f"{ast.unparse(named.owner)[:60]} has no {what} {text!r}"
    return Alarm(NAME, inner[0], end, said, legal)


def _known(fact: Fact, named: Named) -> tuple[str, ...] | None:
    if fact.columns is None:
        return fact.keys
    if named.levels:
        return None if fact.levels is None else (*fact.columns, *fact.levels)
    return fact.columns


def _is_sure(named: Named, known: tuple[str, ...], statement: Statement) -> bool:
    """Whether a text that is still being written, or has just ended, is wrong whatever follows."""
    closed = statement.closed
    if closed is None:
        return True
    text = str(named.node.value)
    if not closed.tail.ended and any(one.startswith(text) for one in known):
        return False
    subscript = statement.parents.get(named.node)
    if isinstance(subscript, ast.List):
        subscript = statement.parents.get(subscript)
    # At the beginning of a line it may become what is set.
    return not isinstance(subscript, ast.Subscript) or not statement.begins_line(subscript)


def _is_made(named: Named, statement: Statement) -> bool:
    """Whether the statement itself may make such a column before, or change the frame."""
    if statement.is_simple and not statement.is_lambda(named.node):
        return False
    root = root_of(named.owner)
    if not isinstance(root, ast.Name):
        return True
    name = re.escape(root.id)
    is_set = rf"\b{name}\b(?:\.\w+)?\s*(?:\[[^\n]*\]\s*)?[-+*/|&]?=(?!=)"
    is_given = rf"(?<!=)(?<!= )\b{name}\s*[,)]"
    changed = rf"{is_set}|{is_given}|\bdel\b|inplace"
    return re.search(changed, statement.source) is not None


def _quoted(text: str, quote: str) -> str:
    """A text as it is written between such quotes."""
    body = repr(text)[1:-1].replace("\\'", "'")
    return body.replace(quote, f"\\{quote}")
