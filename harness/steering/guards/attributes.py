"""Attributes that an object, a module, or what a call surely returns cannot have."""

from __future__ import annotations

import ast
import re

from harness.steering.guards.support.code import Alarm, Code, wrong_until
from harness.steering.guards.support.live import Fact, Live
from harness.steering.guards.support.names import Written, root_of
from harness.steering.guards.support.reading import Statement, read

NAME = "attributes"
CALLS = re.compile(r"[\w\])]\Z")  # before a bracket
TAKES_ANY = re.compile(  # where what is in brackets is often a generator's element
    r"\b(?:sum|any|all|max|min|sorted|list|set|tuple|dict|join|next|enumerate|Counter|fsum|in|return)\Z"
)
ENDS_LOAD = "([.),]}"  # behind a name that is read, and not set


def judge(code: Code, live: Live) -> Alarm | None:
    """The first attribute that cannot be there."""
    statement = read(code)
    if statement is None or (statement.closed and statement.closed.tail.kind != "attribute"):
        return None
    written = Written(statement)
    nodes = [
        node
        for node in statement.nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and statement.is_tail(node_start(statement, node))
        and not statement.is_caught(node)
    ]
    for node in sorted(nodes, key=lambda one: node_start(statement, one)):
        alarm = _alarm(node, statement, written, live)
        if alarm is not None:
            return alarm
    return None


def node_start(statement: Statement, node: ast.Attribute) -> int:
    """Where the attribute's own name begins."""
    return statement.span(node)[1] - len(node.attr)


def _alarm(node: ast.Attribute, statement: Statement, written: Written, live: Live) -> Alarm | None:
    name, at = node.attr, node_start(statement, node)
    key = written.key(node.value)
    if key is None or (name.startswith("__") and name.endswith("__")):
        return None
    fact = live.fact(key[0], deferred=key[1])
    known = _known(node, fact, statement) if fact is not None else None
    if fact is None or known is None or name in known:
        return None
    if statement.closed is not None and not _is_sure(node, fact.kind, known, statement):
        return None
    if _is_made(name, statement):
        return None
    legal = tuple(one for one in known if not one.startswith("_"))
    return Alarm(
        NAME,
        at,
        at + wrong_until(name, known),
        f"{_said(node.value)} has no attribute '{name}'",
        legal,
    )


def _known(node: ast.Attribute, fact: Fact, statement: Statement) -> tuple[str, ...] | None:
    """All names that may stand there; fewer where what is there is called."""
    parent = statement.parents.get(node)
    is_called = isinstance(parent, ast.Call) and parent.func is node
    if statement.closed is not None:
        is_called = statement.closed.tail.behind == "("
    return fact.callables if is_called else fact.attributes


def _is_sure(node: ast.Attribute, kind: str, legal: tuple[str, ...], statement: Statement) -> bool:
    """Whether a name that is still being written, or has just ended, is wrong whatever follows."""
    closed = statement.closed
    if closed is None:
        return True
    tail = closed.tail
    if not tail.ended and any(one.startswith(node.attr) for one in legal):
        return False
    begins_line = statement.begins_line(node)
    if begins_line and tail.behind not in tuple(ENDS_LOAD):
        return False  # it may become what is set
    # What is written in brackets may be the element of a comprehension that binds its names.
    root = root_of(node.value)
    lasting = kind in ("module", "class", "frame") or kind.startswith("function")
    if lasting or not isinstance(root, ast.Name):
        return True
    before = (closed.source[:at].rstrip() for at in closed.opened)
    return all(CALLS.search(one) and not TAKES_ANY.search(one) for one in before)


def _is_made(name: str, statement: Statement) -> bool:
    """Whether the cell sets such an attribute, or names it in a text, as a new column's."""
    cell = statement.code.cell
    return bool(
        re.search(rf"\.{re.escape(name)}[ \t]*(?:[-+*/|&]|//|\*\*)?=(?!=)", cell)
        or re.search(rf"['\"]{re.escape(name)}['\"]", cell)
        or re.search(rf"[(,]\s*{re.escape(name)}[ \t]*=(?!=)", cell)
    )


def _said(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}..."
