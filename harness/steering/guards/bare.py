"""Modules that are used by their own names and were never imported: the import is written."""

from __future__ import annotations

import ast
import sys

from harness.steering.guards.support.code import Alarm, Code
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.reading import read
from harness.steering.guards.support.unbound import unbound

NAME = "bare"
LIBRARIES = ("joblib", "optuna", "xgboost", "sklearn", "fastapi", "uvicorn", "scipy", "seaborn")
MODULES = frozenset({*sys.stdlib_module_names, *LIBRARIES})


def judge(code: Code, live: Live) -> Alarm | None:
    """The first such name, where the module has what is asked of it."""
    statement = read(code) if code.complete else None
    if statement is None:
        return None
    for node in unbound(statement, live):
        parent = statement.parents[node]
        if node.id not in MODULES or not isinstance(parent, ast.Attribute):
            continue
        fact = live.fact(f"__import__({node.id!r})")
        if fact is not None and parent.attr in (fact.attributes or ()):
            at, end = statement.span(node)
            told = f"name '{node.id}' is not defined"
            return Alarm(NAME, at, end, told, insert=f"import {node.id}")
    return None
