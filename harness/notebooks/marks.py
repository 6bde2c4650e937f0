"""Lines that open and close fences, wherever in lists and quotes they stand."""

from __future__ import annotations

import re
from typing import NamedTuple

PYTHON = {"python", "python3", "py", "py3", "ipython", "ipython3", "pycon", "jupyter"}
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
SPACES = (" ", "\u00a0")
BLANK = " \t\x0b\x0c\u00a0" + INVISIBLE
ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])(?=[ \t])")
# Marks of the end of a turn that a server let through; they are no part of the text.
TURN_END = re.compile(r"<\|[a-z_]{1,20}\|>|</s>")
TICKS = re.compile("`{3,}")
END_TAG = re.compile(r"</[A-Za-z][\w:-]{0,30}>")


class Opening(NamedTuple):
    """What a line says that opens a fence."""

    quotes: int  # block quotes around it
    indent: int  # columns
    mark: str
    size: int
    info: str
    before: str = ""


def around(text: str) -> str:
    """The backticks of a fence that nothing in ``text`` closes."""
    longest = max((len(ticks) for ticks in TICKS.findall(text)), default=2)
    return "`" * (longest + 1)


def language(info: str) -> str:
    """``python`` of ``{.Python title=x}``; empty where nothing is said."""
    return re.split(r"[\s,{}.:=]+", info.strip(BLANK).lower().lstrip("{."))[0]


def opening(line: str) -> Opening | None:
    """The fence that a line opens, also behind text; None where it opens none."""
    if "```" not in line and "~~~" not in line:
        return None
    quotes, column, at = _prefix(line)
    text = line[at:].rstrip(BLANK)
    mark = text[:1]
    size = len(text) - len(text.lstrip(mark)) if mark in {"`", "~"} else 0
    info = text[size:].strip(BLANK)
    if size >= 3 and not (mark == "`" and "`" in info):
        return Opening(quotes, column, mark, size, info)
    before, marks, info = text.rpartition("```")
    if marks and language(info) in PYTHON and len(info.split()) == 1:
        start = before.rstrip("`")
        return Opening(
            quotes, 0, "`", 3 + len(before) - len(start), info.strip(BLANK), line[:at] + start
        )
    return None


def _prefix(line: str, most_quotes: int | None = None) -> tuple[int, int, int]:
    """Quotes, columns behind them, and where the text begins. Items count as columns."""
    quotes = column = at = 0
    while at < len(line):
        char = line[at]
        if char == "\t":
            column += 4 - column % 4
        elif char in SPACES:
            column += 1
        elif char == ">" and (most_quotes is None or quotes < most_quotes):
            quotes, column = quotes + 1, 0
            at += line[at + 1 : at + 2] == " "
        elif most_quotes is None and (item := ITEM.match(line, at)):
            column += len(item.group())
            at = item.end() - 1
        elif char not in INVISIBLE:
            break
        at += 1
    return quotes, column, at


def inside(line: str, opened: Opening) -> tuple[str | None, int]:
    """A line's text within the quotes of a fence, and its column; None where they ended."""
    quotes, column, at = _prefix(line, opened.quotes)
    return (line[at:] if quotes == opened.quotes else None), column


def closes(text: str, column: int, opened: Opening) -> bool:
    """Whether the text of a line, at its column, ends a fence."""
    if not text.startswith(opened.mark * opened.size) or column > opened.indent + 3:
        return False
    rest = text.lstrip(opened.mark).strip(BLANK)
    return not rest or bool(TURN_END.fullmatch(rest) or END_TAG.fullmatch(rest))


def behind(line: str, opened: Opening) -> str:
    """The tag that stands behind the marks of a line that closes a fence; mostly nothing."""
    text, _ = inside(line, opened)
    if text is None or not text.startswith(opened.mark):
        return ""
    rest = text.lstrip(opened.mark).strip(BLANK)
    return "" if TURN_END.fullmatch(rest) else rest


def dedented(line: str, opened: Opening) -> str:
    """A line of what a fence holds, without the quotes and the indentation of the fence."""
    if not opened.quotes and not opened.indent:
        return line
    at = 0
    for _ in range(opened.quotes):
        at = line.find(">", at) + 1
        at += line[at : at + 1] == " "
    column = 0
    while column < opened.indent and line[at : at + 1] in {*SPACES, "\t"}:
        column += 1 if line[at] in SPACES else 4 - column % 4
        at += 1
    return " " * max(column - opened.indent, 0) + line[at:]
