"""A statement that is still being written, closed so that it can be read.

Only where its tail is of interest: a name behind a dot or before a bracket, a quoted key, or the
name of an argument. All else costs one look at the last characters.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST_TAIL = 200
NAME = r"[^\W\d]\w*"
ATTRIBUTE = re.compile(rf"\.[ \t]*({NAME})([^\w]?)\Z")
KEYWORD = re.compile(rf"[(,]\s*({NAME})[ \t]*=[ \t]*[^\s=]\Z")
BARE = re.compile(rf"(?:\A|[^\w.'\"\\])({NAME})[.(\[]\Z")
KEY = re.compile(r"[\[(,=:{][ \t\n]*(['\"])((?:(?!\1)[^\\\n])*)(\1?)\Z")
TOKEN = re.compile(
    r"#[^\n]*|'{3}|\"{3}|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?|[()\[\]{}]|\n", re.DOTALL
)
PAIRS = {"(": ")", "[": "]", "{": "}"}
PREFIXED = re.compile(r"(?<!\w)[rRbBuUfF]{1,2}\Z")


class Tail(NamedTuple):
    """What is at the end of a statement that is not complete. Places are characters of it."""

    kind: str  # attribute, key, keyword, name
    at: int
    end: int
    ended: bool  # whether it is whole; else only its beginning is known
    behind: str  # the character behind a name
    quote: str = ""


class Closed(NamedTuple):
    """A statement, made whole as far as it goes."""

    source: str
    tail: Tail
    opened: tuple[int, ...]  # where brackets stand that are open, the outermost first


def tail_of(text: str) -> Tail | None:
    """What the last characters may be; strings and comments are not told from code here."""
    last = text[-1:]
    offset = max(len(text) - LONGEST_TAIL, 0)
    near = text[offset:]
    if last and (last in "'\"" or KEY_MAY_END.search(near)):
        found = KEY.search(near)
        if found is not None:
            at, end = offset + found.start(2), offset + found.end(2)
            return Tail("key", at, end, bool(found.group(3)), "", found.group(1))
    if (found := ATTRIBUTE.search(near)) is not None:
        at, end = offset + found.start(1), offset + found.end(1)
        return Tail("attribute", at, end, bool(found.group(2)), found.group(2))
    for kind, pattern in (("keyword", KEYWORD), ("name", BARE)):
        if (found := pattern.search(near)) is not None:
            at, end = offset + found.start(1), offset + found.end(1)
            return Tail(kind, at, end, True, last)
    return None


KEY_MAY_END = re.compile(r"['\"][^'\"\n]*\Z")


def closed(text: str) -> Closed | None:
    """``text`` with its tail whole and its brackets closed; None where that says nothing.

    It says nothing in comments, in strings that are no keys, and where brackets do not match.
    """
    tail = tail_of(text)
    if tail is None:
        return None
    is_key = tail.kind == "key"
    kept = text[: tail.end]
    opened: list[int] = []
    for token in _tokens(text[: tail.at - 1] if is_key else kept):
        if token is None:
            return None
        if token.group() in PAIRS:
            opened.append(token.start())
        elif token.group() in (")", "]", "}"):
            if not opened:
                return None
            opened.pop()
    if is_key:
        if PREFIXED.search(text[: tail.at - 1]):
            return None
        kept += tail.quote
    if tail.kind == "keyword":
        kept += "=None"
    ends = "".join(PAIRS[text[at]] for at in reversed(opened))
    return Closed(kept + ends, tail, tuple(opened))


def _tokens(text: str) -> list[re.Match[str] | None]:
    """Brackets, in order; None last where the end is within a string or a comment."""
    found: list[re.Match[str] | None] = []
    at = 0
    while (token := TOKEN.search(text, at)) is not None:
        said, at = token.group(), token.end()
        if said in ("'''", '"""'):
            end = text.find(said, at)
            if end < 0:
                return [*found, None]
            at = end + 3
        elif said[0] in "'\"":
            if len(said) == 1 or said[-1] != said[0]:
                return [*found, None]
        elif said[0] == "#":
            if at == len(text):
                return [*found, None]
        elif said != "\n":
            found.append(token)
    return found
