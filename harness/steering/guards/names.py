"""Names that nothing binds: not the kernel, not the cell, and no library that is sure."""

from __future__ import annotations

import difflib

from harness.steering.guards.support.code import Alarm, Code
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.reading import read
from harness.steering.guards.support.unbound import unbound

NAME = "names"
MOST_TOLD = 5


def judge(code: Code, live: Live) -> Alarm | None:
    """The first name that cannot be bound where it is read."""
    statement = read(code) if code.complete else None
    if statement is None:
        return None
    for node in unbound(statement, live):
        later = statement.is_deferred(node) or statement.is_lambda(node)
        if later and not statement.is_file:
            continue
        if statement.is_conditional(node):
            continue
        at, end = statement.span(node)
        goes_on = any(one.startswith(node.id) for one in live.names() or ())
        near = difflib.get_close_matches(node.id, live.names() or (), MOST_TOLD)
        told = f" (there are {', '.join(near)})" if near and not statement.is_file else ""
        return Alarm(NAME, at, end + goes_on, f"name '{node.id}' is not defined{told}")
    return None
