"""The lines of a growing cell, cut into top-level statements as soon as one cannot go on.

A simple statement is finished by its line's end, where no bracket, string or backslash is open; a
compound one by the next line at the margin that continues nothing. Every line is looked at once.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from harness.notebooks import magics

COMPOUND = re.compile(
    r"(?:if|for|while|with|try|def|class|async)\b|@|match\b[^=\n]*:[ \t]*(?:#.*)?$"
)
CONTINUING = ("else", "elif", "except", "finally")
CONTINUES = re.compile(r"(?:else|elif|except|finally)\b")
# What no open bracket may hold at the start of a line.
NEVER_INSIDE = re.compile(
    r"(?:import|def|class|return|while|try|with|del|raise|assert|pass|from[ \t]+[\w.]+[ \t]+import)"
    r"(?![\w=.,)\]])"
)
ASSIGNS_COMMAND = re.compile(r"[ \t]*[\w.\[\]'\", \t]{1,200}=[ \t]*[!%]\w")
TOKEN = re.compile(
    r"#.*|'{3}|\"{3}|\"(?:\\.|[^\"\\])*(?:\"|\\?$)|'(?:\\.|[^'\\])*(?:'|\\?$)|[()\[\]{}]|\\$"
)
ENDS = {mark: re.compile(rf"\\.|{mark}") for mark in ("'''", '"""', "'", '"')}
OPEN, CLOSE = "([{", ")]}"


class Rows(NamedTuple):
    """Lines of a cell that a statement takes, from 0, both included."""

    first: int
    last: int


class Cutter:
    """Takes a cell's lines one after another."""

    def __init__(self) -> None:
        self.count = 0  # lines taken
        self.first: int | None = None  # of the statement that is not finished
        self.is_whole = False  # a cell magic: all of the cell is one statement
        self._last = 0
        self._begun = False  # a line that is not blank was there
        self._compound = self._decorated = self._command = False
        self._string: str | None = None  # the marks of a string that is open
        self._depth = 0
        self._continued = False

    @property
    def in_string(self) -> bool:
        """Whether the next line begins inside a string of several lines."""
        return self._string is not None

    def add(self, line: str) -> list[Rows]:
        """Take a whole line, without its end: the statements that are finished now."""
        row, self.count = self.count, self.count + 1
        text = line.lstrip()
        if self.is_whole:
            self._last = row if text else self._last
            return []
        if self._continues(text):
            return self._add_to(row, line)
        if not text or (text.startswith("#") and self._begun):
            return []
        found = []
        if self.first is not None and not self._belongs(line, text):
            found.append(Rows(self.first, self._last))
            self.first = None
        if self.first is None and not text.startswith("#"):
            self._begin(row, line, text)
        self._begun = True
        return found + (self._add_to(row, line) if self.first is not None else [])

    def end(self) -> list[Rows]:
        """The cell has ended: what it was in the middle of."""
        found = [] if self.first is None else [Rows(self.first, self._last)]
        self.first = None
        return found

    def ends_before(self, line: str) -> bool:
        """Whether the open statement cannot go on in a line of which this much is there."""
        text = line.lstrip()
        if (
            self.first is None
            or self.is_whole
            or self._string
            or self._continued
            or self._depth
            or self._decorated
        ):
            return False
        if not text or line[0] in " \t" or text.startswith("#"):
            return False
        return not CONTINUES.match(text) and not any(w.startswith(text) for w in CONTINUING)

    def _continues(self, text: str) -> bool:
        """Whether a line goes on within what the lines before it left open."""
        if self._string or self._continued:
            return True
        if self._depth and NEVER_INSIDE.match(text):
            self._depth = 0  # what is open there will never be closed: no Python, for sure
            return False
        return self._depth > 0

    def _belongs(self, line: str, text: str) -> bool:
        """Whether a new logical line is part of the compound statement before it."""
        if not self._compound:
            return False
        if line[0] in " \t" or CONTINUES.match(text):
            return True
        was, self._decorated = self._decorated, self._decorated and text.startswith("@")
        return was

    def _begin(self, row: int, line: str, text: str) -> None:
        if not self._begun and line.startswith("%%"):
            self.is_whole, self.first, self._last = True, row, row
            return
        self.first = row
        self._compound = COMPOUND.match(text) is not None
        self._decorated = text.startswith("@")
        self._command = magics.is_escaped(text) or bool(ASSIGNS_COMMAND.match(line))

    def _add_to(self, row: int, line: str) -> list[Rows]:
        self._last = row
        if self.is_whole:
            return []
        within = line.lstrip()
        if self._command or (self._compound and magics.is_escaped(within) and not self._depth):
            self._continued = line.endswith("\\")
        else:
            self._scan(line)
        if self._string or self._depth > 0 or self._continued:
            return []
        self._depth = 0
        if self._compound or self.first is None:
            return []
        found = [Rows(self.first, row)]
        self.first, self._command = None, False
        return found

    def _scan(self, line: str) -> None:
        """Follow strings and brackets through a line."""
        at, self._continued = 0, False
        if self._string is not None:
            at = self._string_end(line)
        while at >= 0 and (found := TOKEN.search(line, at)):
            at, token = found.end(), found.group()
            if token in ENDS and len(token) == 3:
                self._string = token
                at = self._string_end(line, at)
            elif token in OPEN:
                self._depth += 1
            elif token in CLOSE:
                self._depth -= 1
                if self._depth < 0:
                    return
            elif token == "\\":  # noqa: S105 - of Python
                self._continued = True
            elif token[0] in "'\"" and (len(token) == 1 or token[-1] != token[0]):
                if token.endswith("\\") and len(token) > 1:
                    self._string = token[0]
                else:
                    self._depth = -1  # a string that its line's end breaks
                return

    def _string_end(self, line: str, at: int = 0) -> int:
        """Where the open string ends in a line, or -1 where it goes on behind it."""
        mark = self._string or ""
        ends = (one for one in ENDS[mark].finditer(line, at) if one.group() == mark)
        end = next(ends, None)
        if end is not None:
            self._string = None
            return end.end()
        if len(mark) == 1 and not line.endswith("\\"):
            self._string, self._depth = None, -1
        return -1
