"""Columns that pandas said are not there, where nothing else was known of the frame.

A frame that is made of names that nobody can follow is judged by what it did: the kernel's
traceback says in which of pandas' own functions a key was refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from harness.findings import places
from harness.findings.columns.missing import RULE
from harness.findings.steps import clipped
from harness.findings.subject import Subject
from harness.notebooks import syntax, tracebacks
from harness.records import Cell, CellResult, Finding, FindingKind, Severity

FRAME = re.compile(r"^File (\S{1,999}?)(?::\d{1,6})?, in (\S{1,200}?)\(", re.MULTILINE)
PANDAS = re.compile(r"(?:^|/)pandas/")
# Functions of pandas whose keys are columns; others look for labels of rows, too.
OF_COLUMNS = re.compile(
    r"(?:DataFrame\.(?:__getitem__|set_index|pop)|get_grouper|\w*GroupBy\.__getitem__"
    r"|SelectionMixin\.__getitem__|NDFrame\._get_label_or_level_values)$"
)
LONGEST_TRACEBACK = 200_000  # characters


def of(subject: Subject, found: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for each cell that failed by such a key, where there is none at that line."""
    known = {(one.cell, line) for one in found for line in range(one.line, one.end_line + 1)}
    columns = {one.name for one in subject.profile.columns} if subject.profile else set()
    for cell in subject.notebook.code:
        result = subject.results.get(cell.id)
        if result is None or result.error != "KeyError" or not _is_of_pandas(result):
            continue
        statement = _statement(cell, result)
        lines = range(statement.lineno, (statement.end_lineno or 0) + 1) if statement else ()
        if statement is None or any((cell.id, line) in known for line in lines):
            continue
        node = _refused(statement, result, columns)
        if node is not None:
            yield _finding(cell, node, result)


def _is_of_pandas(result: CellResult) -> bool:
    frames = _frames(result)
    return bool(frames) and PANDAS.search(frames[-1][0]) is not None


def _looks_for_columns(result: CellResult) -> bool:
    return any(PANDAS.search(file) and OF_COLUMNS.match(name) for file, name in _frames(result))


def _frames(result: CellResult) -> list[tuple[str, str]]:
    """File and function of each frame of a library, outside in."""
    return FRAME.findall((result.traceback or "")[-LONGEST_TRACEBACK:])


def _statement(cell: Cell, result: CellResult) -> ast.stmt | None:
    """The innermost statement of the cell at the line where it failed."""
    at = tracebacks.innermost_line(result)
    lines = cell.source.split("\n")
    if at is None or at.number > len(lines) or lines[at.number - 1].strip() != at.text:
        return None
    tree = syntax.tree_before_break(cell.source)
    inside = [
        node
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.stmt)
        and node.lineno <= at.number <= (node.end_lineno or node.lineno)
    ]
    return inside[-1] if inside else None  # ast.walk goes outside in


def _refused(statement: ast.stmt, result: CellResult, columns: set[str]) -> ast.expr | None:
    """The expression that gave the key: the text itself, or the name in a subscript."""
    message = result.message or ""
    nodes = list(ast.walk(statement))
    texts = [one for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if not _looks_for_columns(result):  # a row's label, unless the table has a column like it
        if not any(repr(name) in message for name in columns):
            return None
        texts = [one for one in texts if one.value in columns]
    said = next((one for one in texts if repr(one.value) in message), None)
    named = [one.slice for one in nodes if isinstance(one, ast.Subscript)]
    names = [one for one in named if isinstance(one, ast.Name)]
    return said or (names[0] if len(names) == 1 else None)  # of two, either may have been it


def _finding(cell: Cell, node: ast.expr, result: CellResult) -> Finding:
    written = clipped(ast.unparse(node))
    return Finding(
        kind=FindingKind.COLUMNS,
        rule=RULE,
        cell=cell.id,
        **places.of_node(cell.source, node)._asdict(),
        severity=Severity.ERROR,
        message=f"What it is taken from has no column {written} at this point.",
        evidence=f"The kernel said {clipped(tracebacks.error_of(result))}.",
    )
