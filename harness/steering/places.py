"""From a failure to the places where the code could have gone another way, most specific first."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from harness.notebooks import magics
from harness.records import Level

QUOTED = tuple(re.compile(rf"{mark}([^{mark}\n]{{1,100}}){mark}") for mark in "'\"`")
MOST_MESSAGE = 4_000  # characters of a message that are looked into
MOST_NODES = 5_000  # of an expression
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


At = tuple[int, int, int, int]
"""Line and column, end line and end column: lines from 1, columns in bytes of UTF-8 from 0."""


class Place(NamedTuple):
    """Characters of a statement from which, and up to which, it is not written that way again."""

    level: Level
    start: int
    end: int


class _Source:
    """A statement's text, to turn CPython's places into characters."""

    def __init__(self, source: str) -> None:
        self.text = source
        self.lines = source.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def at(self, line: int, column: int) -> int:
        line = min(max(line, 1), len(self.lines))
        before = self.lines[line - 1].encode()[: max(column, 0)]
        return self.starts[line - 1] + len(before.decode(errors="ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.alias) -> tuple[int, int]:
        end = self.at(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.at(node.lineno, node.col_offset), end


def of_error(source: str, where: At | None, message: str | None) -> tuple[Place, ...]:
    """Places of an exception; the last one is the whole statement.

    ``where``: the expression that failed, None where it is not known. What the message quotes and
    the expression holds (a keyword, a key, an attribute, an imported name) comes first.
    """
    return _without_twins(source, _of_error(_Source(source), where, message or ""))


def span(source: str, node: ast.expr | ast.stmt) -> tuple[int, int]:
    """The characters of ``source`` at which a node of its tree begins and ends."""
    return _Source(source).span(node)


def of_syntax(source: str) -> tuple[Place, ...]:
    """Places of what is no Python; the last one is the whole statement."""
    return _without_twins(source, _of_syntax(_Source(source)))


def _without_twins(source: str, found: Iterator[Place]) -> tuple[Place, ...]:
    end = len(source.rstrip())
    begin = min(len(source) - len(source.lstrip()), end)
    whole = Place(Level.STATEMENT, begin, end)
    kept: dict[tuple[int, int], Place] = {}
    for place in found:
        if begin <= place.start < place.end <= end and place[1:] != whole[1:]:
            kept.setdefault((place.start, place.end), place)
    return (*kept.values(), whole)


def _of_error(text: _Source, where: At | None, message: str) -> Iterator[Place]:
    tree = _tree(text.text)
    if tree is None or where is None:
        return
    start, end = text.at(*where[:2]), text.at(*where[2:])
    node = _node(tree, text, start, end)
    if node is None:
        return
    yield from _told(node, text, message)
    if isinstance(node, ast.expr):
        yield from _of_expression(node, text)
        yield Place(Level.EXPRESSION, start, end)


def _node(tree: ast.Module, text: _Source, start: int, end: int) -> ast.expr | ast.stmt | None:
    """The outermost expression, or the import, that stands exactly there; else what is around."""
    around: ast.expr | ast.stmt | None = None
    for node in ast.walk(tree):  # from the outside in
        if not isinstance(node, ast.expr | ast.Import | ast.ImportFrom):
            continue
        first = text.at(node.lineno, node.col_offset)
        last = text.at(node.end_lineno or node.lineno, node.end_col_offset or 0)
        if (first, last) == (start, end):
            return node
        if first <= start and end <= last:
            around = node
    return around


def _told(node: ast.expr | ast.stmt, text: _Source, message: str) -> Iterator[Place]:
    """What the message quotes of the code that failed, the longest first."""
    message = message[:MOST_MESSAGE]
    told = {name for quoted in QUOTED for name in quoted.findall(message)}
    told.add(message.strip())  # the key of a KeyError, where it is no text
    found: list[tuple[int, Place]] = []
    for count, inner in enumerate(ast.walk(node)):
        if count > MOST_NODES:
            break
        for rank, name, start, end in _names(inner, text):
            if name in told:
                found.append((rank, Place(Level.NAME, start, end)))
    yield from (place for _, place in sorted(found, key=lambda one: (one[0], -one[1].start)))


def _names(node: ast.AST, text: _Source) -> Iterator[tuple[int, str, int, int]]:
    """What a node says itself: how likely it is meant, its text and its place."""
    if isinstance(node, ast.keyword) and node.arg is not None:
        start, _ = text.span(node)
        yield 0, node.arg, start, start + len(node.arg)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
        yield 1, str(node.value), *text.span(node)
    elif isinstance(node, ast.Attribute):
        yield 1, node.attr, *_attribute(node, text)
    elif isinstance(node, ast.alias):
        start, _ = text.span(node)
        yield 2, node.name, start, start + len(node.name)
    elif isinstance(node, ast.ImportFrom) and node.module:
        start = text.text.find(node.module, text.at(node.lineno, node.col_offset + len("from")))
        yield 3, node.module, start, start + len(node.module)
    elif isinstance(node, ast.Name):
        yield 3, node.id, *text.span(node)


def _attribute(node: ast.Attribute, text: _Source) -> tuple[int, int]:
    _, end = text.span(node)
    return end - len(node.attr), end


def _of_expression(node: ast.expr, text: _Source) -> Iterator[Place]:
    """What else of an expression can be otherwise: arguments before the function, then it."""
    if isinstance(node, ast.Await):
        node = node.value
    if isinstance(node, ast.Call):
        _, end = text.span(node)
        _, behind = text.span(node.func)
        opened = text.text.find("(", behind, end) + 1
        if opened:
            yield Place(Level.NAME, opened, end)
        if isinstance(node.func, ast.Attribute):
            yield Place(Level.EXPRESSION, _attribute(node.func, text)[0], end)
    elif isinstance(node, ast.Attribute):
        yield Place(Level.NAME, *_attribute(node, text))
    elif isinstance(node, ast.Subscript):
        yield Place(Level.NAME, *text.span(node.slice))
    elif isinstance(node, ast.Name):
        yield Place(Level.NAME, *text.span(node))
    elif isinstance(node, ast.BinOp | ast.Compare):
        right = node.right if isinstance(node, ast.BinOp) else node.comparators[-1]
        yield Place(Level.NAME, *text.span(right))


def _of_syntax(text: _Source) -> Iterator[Place]:
    error = _syntax_error(text.text)
    if error is None or error.lineno is None:
        return
    line = min(max(error.lineno, 1), len(text.lines))
    begin = text.starts[line - 1]
    row = text.lines[line - 1]
    end = begin + len(row.rstrip())
    yield Place(Level.EXPRESSION, begin + len(row) - len(row.lstrip()), end)


def _tree(source: str) -> ast.Module | None:
    found = magics.plain_python(source)
    return found if found is not None else magics.plain_python(magics.inert(source))


def _syntax_error(source: str) -> SyntaxError | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(magics.inert(source), "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError):
            return None
    return None


def syntax_message(source: str) -> str:
    """What Python says of text that is none."""
    error = _syntax_error(source)
    return str(error.msg) if error is not None else "this is no Python"


def runs_later(source: str, at: int) -> bool:
    """Whether a place of a statement is only run when something is called later."""
    tree = _tree(source)
    if tree is None:  # it is cut off
        return re.search(r"\b(?:def|lambda)\b", source) is not None
    text = _Source(source)
    for node in ast.walk(tree):
        body: list[ast.stmt] | list[ast.expr] = []
        if isinstance(node, FUNCTIONS[:2]):
            body = node.body
        elif isinstance(node, ast.Lambda):
            body = [node.body]
        if body:
            first, last = body[0], body[-1]
            begin = text.at(first.lineno, first.col_offset)
            end = text.at(last.end_lineno or last.lineno, last.end_col_offset or 0)
            if begin <= at < end:
                return True
    return False
