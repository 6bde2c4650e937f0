"""Where in a cell something stands."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

MAGIC = re.compile(r"\s*(%(?:time|timeit|prun) +)\S")


class Span(NamedTuple):
    """Lines from 1, columns in characters from 0; the end is behind the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


def of_node(source: str, node: ast.expr | ast.stmt | ast.keyword | ast.alias) -> Span:
    """The place of a node of the tree of ``source``; ``ast`` counts columns in bytes of UTF-8.

    Of a line ``%time statement`` the tree holds the statement alone, so what is before it is added.
    """
    lines = source.split("\n")
    end_line = node.end_lineno or node.lineno
    line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
    before = MAGIC.match(line)
    shift = len(before[1]) if before and end_line == node.lineno else 0
    return Span(
        node.lineno,
        _characters(lines, node.lineno, node.col_offset + shift),
        end_line,
        _characters(lines, end_line, (node.end_col_offset or 0) + shift),
    )


def of_text(source: str, start: int, end: int) -> Span:
    """The place of the characters from ``start`` to ``end``."""
    return Span(*_place(source, start), *_place(source, end))


def _place(source: str, at: int) -> tuple[int, int]:
    return source.count("\n", 0, at) + 1, at - (source.rfind("\n", 0, at) + 1)


def _characters(lines: list[str], line: int, column: int) -> int:
    text = lines[line - 1] if line <= len(lines) else ""
    return len(text.encode()[:column].decode(errors="ignore"))
