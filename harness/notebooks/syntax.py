"""Python source as text: whether it parses, what it binds, and its lines without dress.

Cells may hold IPython magics and shell lines, and may be broken; all functions here take any text.
"""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from harness.notebooks import magics

SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
TOP_LEVEL = re.compile(r"[^\s)\]}#]")  # how a line begins that may begin a statement
MOST_RESTARTS = 50  # of the tokenizer within one cell; the rest is then taken line by line
MOST_RETRIED = 300_000  # characters that are looked at again where a cell is broken
UNDRESSED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER}


class LogicalLine(NamedTuple):
    """One statement line as Python sees it: joined, without comments, evenly spaced."""

    text: str  # indented by one tab a level
    first: int  # 0-based line of the source
    last: int


def tree(source: str) -> ast.Module | None:
    """The syntax tree of a cell, magics and shell lines made inert; None where it is no Python."""
    found = magics.plain_python(source)
    if found is not None or not magics.MAY_LEAVE.search(source):
        return found
    lines = source.split("\n")
    first = magics.cell_magic(lines)
    if first is not None:
        words = lines[first][2:].split()
        if not words or words[0] not in magics.PYTHON_CELL_MAGICS:  # it may be in any language
            return ast.Module(body=[], type_ignores=[])
        lines[first] = ""
        source = "\n".join(lines)
    return magics.plain_python(magics.inert(source))


def tree_before_break(source: str) -> ast.Module | None:
    """The syntax tree of a cell, up to the first statement that is no Python; None without any.

    Statements keep their places. A reply that was cut off has sound code before the cut.
    """
    for _ in range(min(MOST_RESTARTS, MOST_RETRIED // (len(source) + 1) + 1)):
        found = tree(source)
        bad = _bad_line(source) if found is None else None
        if bad is None:
            return found
        lines = source.split("\n")
        bad = min(bad, len(lines) - 1)
        while bad > 0 and not TOP_LEVEL.match(lines[bad]):
            bad -= 1
        if not bad:
            return None
        source = "\n".join(lines[:bad])
    return None


def parses(source: str) -> bool:
    """Whether a cell is Python that compiles; magics, shell lines and top-level await allowed."""
    module = tree(source)
    if module is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(module, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def logical_lines(source: str) -> list[LogicalLine]:
    """The code lines of a cell, so that two ways to lay out one statement are the same line.

    Where the source cannot be tokenized, the line in question stands as it is, and the rest is
    tried again behind it.
    """
    physical = source.split("\n")
    found: list[LogicalLine] = []
    start = restarts = again = 0
    while start < len(physical):
        taken, stopped = _tokenized(physical, start)
        found += taken
        if stopped is None:
            break
        end = stopped + 1
        restarts, again = restarts + 1, again + sum(map(len, physical[end:]))
        if restarts > MOST_RESTARTS or again > MOST_RETRIED:
            end = len(physical)
        found += [
            LogicalLine(" ".join(text.split()), i, i)
            for i, text in enumerate(physical[stopped:end], stopped)
            if text.strip() and not text.lstrip().startswith("#")
        ]
        start = end
    return found


def _tokenized(physical: list[str], start: int) -> tuple[list[LogicalLine], int | None]:
    """Logical lines from ``start`` on, and the line where the tokenizer gave up, or None."""
    found: list[LogicalLine] = []
    words: list[str] = []
    depth, first, behind = 0, start, start
    try:
        for token in _tokens("\n".join(physical[start:]) + "\n"):
            if token.type == tokenize.INDENT:
                depth += 1
            elif token.type == tokenize.DEDENT:
                depth -= 1
            elif token.type == tokenize.NEWLINE and words:
                last = start + token.start[0] - 1
                found.append(LogicalLine("\t" * depth + " ".join(words), first, last))
                words, behind = [], last + 1
            elif token.type not in UNDRESSED:
                first = start + token.start[0] - 1 if not words else first
                words.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        while behind < len(physical) and not physical[behind].strip():
            behind += 1
        return found, behind if behind < len(physical) else None
    return found, None


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    for token in tokenize.generate_tokens(io.StringIO(source, newline="\n").readline):
        if token.type == tokenize.ERRORTOKEN and token.string.strip():
            raise tokenize.TokenError("not a token", token.start)
        yield token


def bound_names(source: str) -> set[str]:
    """Names that a cell would leave in the kernel if it ran to its end.

    Lines that keep it from parsing are left out one after another, up to a limit.
    """
    lines = source.split("\n")
    for _ in range(min(MOST_RESTARTS, MOST_RETRIED // (len(source) + 1) + 1)):
        text = "\n".join(lines)
        module = tree(text)
        if module is not None:
            return set(_bound(module.body))
        bad = _bad_line(text)
        if bad is None or not 0 <= bad < len(lines) or lines[bad] == "":
            return set()
        lines[bad] = ""
    return set()


def variables(source: str) -> set[str]:
    """Names that a cell binds to values of its own: not what it imports, nor built-in names."""
    module = tree(source)
    imported = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(module or ast.Module(body=[], type_ignores=[]))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return bound_names(source) - imported - set(dir(builtins))


def bound(statement: ast.stmt) -> set[str]:
    """Names that a statement binds in the kernel."""
    return set(_bound([statement]))


def _bad_line(source: str) -> int | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(magics.inert(source))
        except SyntaxError as error:
            return error.lineno - 1 if error.lineno else None
        except (ValueError, RecursionError, MemoryError):
            return None
    return None


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """Names bound at module level; what functions and classes hold inside stays theirs."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue
        if isinstance(node, SCOPES) or (isinstance(node, ast.AnnAssign) and node.value is None):
            continue
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ExceptHandler):
            pending += node.body
            continue
        pending += ast.iter_child_nodes(node)
