"""Names that one module of the libraries at hand exports, used and never imported."""

from __future__ import annotations

from harness.steering.guards.support.code import Alarm, Code
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.reading import read
from harness.steering.guards.support.unbound import unbound

NAME = "exports"
LIBRARIES = ("sklearn", "xgboost", "optuna", "fastapi", "pydantic", "joblib", "typing")
SHORTEST = 6  # characters of a name that is more than a word


def judge(code: Code, live: Live) -> Alarm | None:
    """The first such name that only one of their modules has."""
    statement = read(code) if code.complete else None
    if statement is None:
        return None
    for node in unbound(statement, live):
        is_word = len(node.id) < SHORTEST or (node.id.islower() and "_" not in node.id)
        modules = () if is_word else live.exporters(node.id, LIBRARIES)
        if len(modules) == 1:
            at, end = statement.span(node)
            line = f"from {modules[0]} import {node.id}"
            return Alarm(NAME, at, end, f"name '{node.id}' is not defined", insert=line)
    return None
