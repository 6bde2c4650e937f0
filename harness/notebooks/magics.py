"""Where a cell leaves Python: its magics and shell commands, found as IPython finds them.

IPython looks for ``!`` and ``%`` at the start of a logical line, or behind the first ``=`` of one,
and takes physical lines that end with a backslash together. So text in strings, brackets and
comments is never a command.
"""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

PYTHON_CELL_MAGICS = {"time", "timeit", "capture", "prun"}
LINE_START = {tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT}
MAY_LEAVE = re.compile(r"^[ \t]*[!%]|=[ \t]*[!%]", re.MULTILINE)  # Python, to be quick
OPEN, CLOSE = ("(", "[", "{"), (")", "]", "}")


class Command(NamedTuple):
    """A magic or shell command, which takes whole lines of its cell."""

    first: int  # 0-based line of the cell
    last: int
    indent: str
    target: str  # what its outcome is assigned to, with the ``=``; mostly nothing
    text: str  # from the ``!`` or ``%`` on, over all of its lines


def is_escaped(line: str) -> bool:
    """Whether a line that begins a statement is a command; ``line`` has no indentation."""
    return line.startswith(("!", "%"))


def commands(
    lines: Sequence[str], is_command: Callable[[str], bool] = is_escaped
) -> Iterator[Command]:
    """The commands of a cell that is Python apart from them, in order. ``lines`` have no ends."""
    start = 0
    while start < len(lines):
        if is_command(text := lines[start].lstrip()):
            last = end_of(lines, start)
            indent = lines[start][: len(lines[start]) - len(text)]
            yield Command(start, last, indent, "", joined(lines, start, last))
            start = last + 1
            continue
        assigned, behind = _walk(lines, start, is_command)
        if assigned is not None:
            yield assigned
        start = behind


def inert(source: str) -> str:
    """``source`` as plain Python of as many lines: each command does nothing.

    ``%time statement`` and the like leave their statement.
    """
    if not MAY_LEAVE.search(source):
        return source
    lines = source.split("\n")
    for command in list(commands(lines)):
        name, _, rest = command.text.partition(" ")
        says = rest.strip() if name in {"%time", "%timeit", "%prun"} else ""
        if command.target:
            says = f"{command.target} None"
        elif not says or command.first != command.last:
            says = "pass"
        silence(lines, command.first, command.last, command.indent + says + "  #")
    return "\n".join(lines)


def silence(lines: list[str], first: int, last: int, says: str, mark: str = "#") -> None:
    """Put ``says`` before the first of some lines and make the rest comments, in place."""
    lines[first] = f"{says} {lines[first].strip()}"
    for number in range(first + 1, last + 1):
        lines[number] = f"{mark} {lines[number].strip()}".rstrip()


def cell_magic(lines: Sequence[str]) -> int | None:
    """The line of a cell's ``%%magic``, which blank lines only may stand before; None: no such."""
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    return first if first is not None and lines[first].startswith("%%") else None


def end_of(lines: Sequence[str], first: int) -> int:
    """The last line of the command that begins at ``first``."""
    last = first
    while last + 1 < len(lines) and lines[last].endswith("\\"):
        last += 1
    return last


def joined(lines: Sequence[str], first: int, last: int) -> str:
    """Continued lines as one, without the backslashes."""
    parts = [line.removesuffix("\\") for line in lines[first:last]]
    # A backslash on a cell's very last line continues nothing.
    return " ".join(part.strip() for part in (*parts, lines[last].removesuffix("\\")))


def plain_python(source: str) -> ast.Module | None:
    """The syntax tree of plain Python, or None where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes in strings: the model's, not ours
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _walk(
    lines: Sequence[str], start: int, is_command: Callable[[str], bool]
) -> tuple[Command | None, int]:
    """Go on to the next line that may be a command: what was assigned one, and the line behind.

    All lines are behind where a string or a bracket stays open.
    """
    at, depth, assigns = start, 0, False
    opening = True  # at the start of a logical line
    try:
        for token in _tokens(lines, start):
            row = start + token.start[0] - 1
            if opening and token.type not in LINE_START and token.string:
                at, depth, assigns, opening = row, 0, True, False
                if row > start and is_command(lines[row].lstrip()):
                    return None, row
            opening = opening or token.type == tokenize.NEWLINE
            depth += (token.string in OPEN) - (token.string in CLOSE)
            if assigns and token.string == "=" and depth == 0:
                assigns = False
                if (found := _assigned(lines, at, start, token)) is not None:
                    return found, found.last + 1
    except IndentationError as error:
        # Only because the walk began in the middle of a block: go on from there.
        line = start + (error.lineno or 1) - 1
        return None, max(line, start + 1)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None, len(lines)
    return None, len(lines)


def _assigned(
    lines: Sequence[str], at: int, start: int, equals: tokenize.TokenInfo
) -> Command | None:
    row, column = start + equals.start[0] - 1, equals.end[1]
    text = lines[row][column:].lstrip()
    if row != at or not text.startswith(("!", "%")):
        return None
    last = end_of(lines, row)
    target = lines[row][:column]
    indent = target[: len(target) - len(target.lstrip())]
    text = joined([text, *lines[row + 1 : last + 1]], 0, last - row)
    return Command(row, last, indent, target.strip(), text)


def _tokens(lines: Sequence[str], start: int) -> Iterator[tokenize.TokenInfo]:
    # Read line by line, so that nothing behind a command is looked at before its end is known.
    rest = iter(range(start, len(lines)))

    def readline() -> str:
        number = next(rest, None)
        return "" if number is None else lines[number] + "\n"

    return tokenize.generate_tokens(readline)
