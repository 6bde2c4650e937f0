"""Arguments that a function does not take, or that it cannot do without."""

from __future__ import annotations

import ast

from harness.steering.guards.support.code import Alarm, Code, wrong_until
from harness.steering.guards.support.live import Live, Signature
from harness.steering.guards.support.names import Written
from harness.steering.guards.support.reading import Statement, read

NAME = "arguments"
POSITIONAL_ONLY, POSITIONAL, ANY_NUMBER, BY_NAME = 0, 1, 2, 3


def judge(code: Code, live: Live) -> Alarm | None:
    """The first argument that cannot be given, or the first call that lacks one."""
    statement = read(code)
    if statement is None or (statement.closed and statement.closed.tail.kind != "keyword"):
        return None
    written = Written(statement)
    calls = [node for node in statement.nodes if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        if statement.is_caught(node) or (key := written.key(node.func)) is None:
            continue
        fact = live.fact(key[0], deferred=key[1])
        if fact is None or fact.signature is None:
            continue
        alarm = _unknown(node, fact.signature, statement)
        if alarm is None and fact.signature.counted and statement.closed is None:
            alarm = _counted(node, fact.signature, statement)
        if alarm is not None:
            return alarm
    return None


def _unknown(node: ast.Call, signature: Signature, statement: Statement) -> Alarm | None:
    """A name that it does not take."""
    if signature.is_open:
        return None
    for one in node.keywords:
        if one.arg is None or one.arg in signature.names:
            continue
        at = statement.span(one)[0]
        if not statement.is_tail(at):
            continue
        end = at + wrong_until(one.arg, signature.names)
        said = f"{ast.unparse(node.func)[:60]} takes no argument '{one.arg}'"
        return Alarm(NAME, at, end, said, signature.names)
    return None


def _counted(node: ast.Call, signature: Signature, statement: Statement) -> Alarm | None:
    """Too many without a name, or one that is required and not given."""
    if any(isinstance(one, ast.Starred) for one in node.args):
        return None
    if any(one.arg is None for one in node.keywords):
        return None
    said = ast.unparse(node.func)[:60]
    places = [p for p in signature.parameters if p[1] in (POSITIONAL_ONLY, POSITIONAL)]
    any_number = any(kind == ANY_NUMBER for _, kind, _ in signature.parameters)
    if len(node.args) > len(places) and not any_number:
        at, end = statement.span(node.args[len(places)])
        told = f"{said} takes {len(places)} arguments without a name, and not {len(node.args)}"
        return Alarm(NAME, at, end, told)
    given = {one.arg for one in node.keywords} | {name for name, _, _ in places[: len(node.args)]}
    for name, kind, required in signature.parameters:
        if required and kind in (POSITIONAL_ONLY, POSITIONAL, BY_NAME) and name not in given:
            end = statement.span(node)[1]
            return Alarm(NAME, end - 1, end, f"{said} needs the argument '{name}'")
    return None
