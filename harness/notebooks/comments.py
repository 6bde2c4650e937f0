"""The comments of a cell, with their places. A cell may be broken, or no Python at all."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import NamedTuple

from harness.notebooks import magics

FILE = re.compile(r"%%(?:writefile|file)\s+(?:-a\s+)?(\S+)")
WITHOUT_COMMENTS = (".md", ".csv", ".json", ".html")  # a ``#`` is something else in these files
LONGEST_CODE = 300  # characters of a comment that is tried as code
CALL = re.compile(r"[\w.]+[(\[]")
LOOKS_LIKE_CODE = re.compile(r"[=(\[]|^(?:import|from|return|del|raise|assert|print)\b")


class Comment(NamedTuple):
    """``text`` is what stands behind the ``#``, from ``start`` on, counted in characters."""

    text: str
    start: int
    own_line: bool  # nothing but white space stands before it

    @property
    def is_code(self) -> bool:
        """Whether it is code that was put out of use."""
        text = self.text.strip()
        if len(text) > LONGEST_CODE or not LOOKS_LIKE_CODE.search(text):
            return False
        tree = magics.plain_python(f"{text} pass" if text.endswith(":") else text)
        # Python reads "Note: done" as an annotation, and "Plots (two)" as a call.
        return any(
            CALL.match(text) if isinstance(one, ast.Expr) else not isinstance(one, ast.AnnAssign)
            for one in (tree.body if tree is not None else [])
        )


def file_of(source: str) -> str | None:
    """The file that a cell writes by its magic; None where it is code of the kernel."""
    lines = source.split("\n")
    first = magics.cell_magic(lines)
    found = FILE.match(lines[first]) if first is not None else None
    return found[1].strip("'\"") if found else None


def body(source: str) -> str:
    """``source`` with a cell magic blanked, so that all else stays in its place."""
    lines = source.split("\n")
    first = magics.cell_magic(lines)
    if first is not None:
        lines[first] = " " * len(lines[first])
    return "\n".join(lines)


def of(source: str) -> tuple[Comment, ...]:
    """The comments in order; where Python cannot be read, those that have a line of their own."""
    name = file_of(source) or ""
    if name.lower().endswith(WITHOUT_COMMENTS):
        return ()
    text = body(source)
    found = _tokenized(text) if not name or name.endswith(".py") else None
    return tuple(found if found is not None else _by_lines(text))


def blanked(source: str, comments: tuple[Comment, ...]) -> str:
    """``source`` with spaces where its comments stand."""
    parts, at = [], 0
    for one in comments:
        parts += [source[at : one.start], " " * len(one.text)]
        at = one.start + len(one.text)
    return "".join([*parts, source[at:]])


def _tokenized(text: str) -> list[Comment] | None:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                found.append(
                    Comment(
                        token.string[1:],
                        starts[row - 1] + column + 1,
                        not token.line[:column].strip(),
                    )
                )
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    return found


def _by_lines(text: str) -> list[Comment]:
    found, start = [], 0
    for line in text.split("\n"):
        if line.lstrip().startswith("#"):
            at = line.index("#") + 1
            found.append(Comment(line[at:], start + at, True))
        start += len(line) + 1
    return found
