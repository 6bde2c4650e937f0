"""Texts for a parameter that takes one of a few, which the library itself declares."""

from __future__ import annotations

import ast

from harness.steering.guards.support.code import Alarm, Code, wrong_until
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.names import Written
from harness.steering.guards.support.reading import read

NAME = "options"


def judge(code: Code, live: Live) -> Alarm | None:
    """The first text that is none of those which may be given."""
    statement = read(code) if code.complete else None
    if statement is None:
        return None
    written = Written(statement)
    calls = [node for node in statement.nodes if isinstance(node, ast.Call) and node.keywords]
    for node in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        key = None if statement.is_caught(node) else written.key(node.func)
        fact = live.fact(key[0], deferred=key[1]) if key is not None else None
        if fact is None or fact.signature is None:
            continue
        for one in node.keywords:
            options = fact.signature.options.get(one.arg or "")
            if not options or not isinstance(one.value, ast.Constant):
                continue
            text, inner = one.value.value, statement.inner(one.value)
            if isinstance(text, str) and text not in options and inner is not None:
                end = inner[0] + wrong_until(text, options)
                said = f"{one.arg} of {ast.unparse(node.func)[:60]} cannot be {text!r}"
                return Alarm(NAME, inner[0], end, said, options)
    return None
