"""Files that are read and are not in the work folder."""

from __future__ import annotations

import ast
import posixpath
import re

from harness.steering.guards.support.code import Alarm, Code, wrong_until
from harness.steering.guards.support.live import Live
from harness.steering.guards.support.names import Written
from harness.steering.guards.support.reading import Statement, read

NAME = "files"
READS = re.compile(r"function (?:pandas\.(?:io\.[\w.]+\.)?read_\w+|joblib\.numpy_pickle\.load)\Z")
ELSEWHERE = re.compile(r"[/~]|\w+:|.*[*?\n]|\.\./")


def judge(code: Code, live: Live) -> Alarm | None:
    """The first file that is not there."""
    statement = read(code) if code.complete else None
    if statement is None or statement.is_file:
        return None
    written = Written(statement)
    calls = [node for node in statement.nodes if isinstance(node, ast.Call) and node.args]
    for node in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        path = node.args[0]
        if not isinstance(path, ast.Constant) or not isinstance(path.value, str):
            continue
        if statement.is_caught(node) or statement.is_conditional(node):
            continue
        key = written.key(node.func)
        fact = live.fact(key[0]) if key is not None and not key[1] else None
        if fact is None or not READS.match(fact.kind):
            continue
        alarm = _alarm(path, statement, live)
        if alarm is not None:
            return alarm
    return None


def _alarm(path: ast.Constant, statement: Statement, live: Live) -> Alarm | None:
    name, inner = str(path.value), statement.inner(path)
    if inner is None or not name or ELSEWHERE.match(name):
        return None
    files = live.files()
    if files is None or posixpath.normpath(name) in files:
        return None
    if statement.source.count(name) > 1:  # it may be written just before
        return None
    end = inner[0] + wrong_until(name, files)
    return Alarm(NAME, inner[0], end, f"there is no file {name!r}", files)
