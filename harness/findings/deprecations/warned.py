"""Warnings of the kernel that speak of deprecation and that the cell's own lines raised.

Python prints ``path:line: Category: message`` and the line itself below; a kernel gives each cell
a path of its own. So a line of a cell is found by its number and by its text, also where the cell
only called a function of an earlier one. Where the text that a cell printed is not at hand, the
record has the message alone, and the call that it names tells the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.findings.deprecations.code import Code
from harness.findings.deprecations.noted import Noted, short
from harness.findings.subject import Subject

HEAD = re.compile(
    r"^(?P<path>\S{1,500}):(?P<line>\d{1,7}): (?P<category>\w{1,100}): (?P<message>.*)$",
    re.MULTILINE,
)
OF_CELL = re.compile(r"(?:ipykernel_\d+[/\\]\d+\.py|<ipython-input-[^>]*>|<stdin>)\Z")
RECORDED = re.compile(r"(\w{1,100}): (.*)\Z", re.DOTALL)
CATEGORY = re.compile(
    r"(?:Deprecation|Future|Change|\APandas\d+|\ARemovedIn\w*)Warning\Z|Deprecated"
)
SAYS_SO = re.compile(r"\bdeprecated\b", re.IGNORECASE)  # some libraries warn users in plain words
LONGEST_PRINTED = 500_000  # characters
LONGEST_MESSAGE = 5_000
MOST_LINES = 30  # of one message
MOST_WARNINGS = 200  # of a cell
QUOTED = re.compile(r"[`'\"]+([A-Za-z_][\w.]{0,200})(?:\(\))?[`'\"]+")
WORD = re.compile(r"[A-Za-z_]\w{0,100}")
DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:\.\w+)+\b")
ARGUMENT = re.compile(r"\b(\w+) (?:keyword|argument|parameter)\b")
NUMBER = r"(?:the )?(?:version |[A-Za-z][\w-]* )?v?(\d[\w.]*\d|\d)"
GOES = re.compile(rf"(?:removed|removal|error) in {NUMBER}")
SINCE = re.compile(rf"(?:deprecated|since)(?: in| since)? {NUMBER}")
INSTEAD = re.compile(
    r"(?:[Uu]se|in favou?r of|replaced by|renamed to|switch to)\s+"
    r"[`'\"]*([\w.]+(?:\([^()`]{0,80}\))?)"
)


class Warned(NamedTuple):
    """One warning. ``line``: of the cell's path; None where that is not known."""

    category: str
    message: str
    line: int | None = None
    texts: tuple[str, ...] = ()  # the lines below, one of which is the code


def of(subject: Subject, codes: Mapping[str, Code]) -> Iterator[Noted]:
    """What the kernel warned of, at the calls that it warned of."""
    order = list(codes.values())
    for number, code in enumerate(order):
        result = subject.results.get(code.cell.id)
        told = subject.printed.get(code.cell.id)
        recorded = result.warnings if result is not None else ()
        found = _printed(told) if told else [one for text in recorded for one in _recorded(text)]
        for one in found[:MOST_WARNINGS]:
            if CATEGORY.search(one.category) or SAYS_SO.search(one.message):
                yield from _noted(one, code, order[:number])


def _printed(text: str) -> list[Warned]:
    """The warnings among what a cell printed that lines of cells raised."""
    text = text[:LONGEST_PRINTED]
    found = []
    for head in HEAD.finditer(text):
        if not OF_CELL.search(head["path"]):
            continue
        below = text[head.end() + 1 : head.end() + LONGEST_MESSAGE].split("\n")[:MOST_LINES]
        message = head["message"][:LONGEST_MESSAGE]
        texts = tuple(one.strip() for one in below if one.startswith("  "))
        rest = [one for one in below if not one.startswith("  ")]
        if not message.strip() and rest:  # seaborn's begin with blank lines
            message = " ".join(rest[:6])
        found.append(Warned(head["category"], message, int(head["line"]), texts))
    return found


def _recorded(text: str) -> Iterator[Warned]:
    head = RECORDED.match(text[:LONGEST_MESSAGE])
    if head is not None:
        yield Warned(head[1], head[2])


def _noted(one: Warned, code: Code, earlier: Sequence[Code]) -> Iterator[Noted]:
    where = _place(one, [code, *reversed(earlier)])
    if where is None:
        return
    at, line = where
    said = at.find(_names(one.message), line)
    if said is None and line is None:
        return  # nobody knows whose line it was
    goes, since = GOES.search(one.message), SINCE.search(one.message)
    instead = INSTEAD.search(one.message)
    yield Noted(
        at.cell.id,
        at.span(said) if said is not None else at.line_span(line or 1),
        said.name if said is not None else "",
        f"{one.category}: {short(one.message)}",
        of=said.call.rpartition(".")[2] if said is not None else "",
        since=since[1] if since else "",
        until=goes[1] if goes else _of_category(one.category),
        replacement=instead[1].rstrip(".") if instead else None,
    )


def _place(one: Warned, cells: Sequence[Code]) -> tuple[Code, int | None] | None:
    """The cell, and the line in it, that a warning is of."""
    if one.line is None:
        return cells[0], None
    for code in cells:
        if one.line <= len(code.lines):
            text = code.lines[one.line - 1].strip()
            if text and text in one.texts:
                return code, one.line
    return None


def _names(message: str) -> list[str]:
    """What a message may name, most likely first: arguments, quoted names, dotted ones, words."""
    dotted = [part for found in DOTTED.findall(message) for part in reversed(found.split("."))]
    quoted = [part for found in QUOTED.findall(message) for part in reversed(found.split("."))]
    words = WORD.findall(message)
    return list(dict.fromkeys([*ARGUMENT.findall(message), *quoted, *dotted, *words]))[:200]


def _of_category(category: str) -> str:
    """``4`` of pandas' own Pandas4Warning."""
    found = re.fullmatch(r"Pandas(\d+)Warning", category)
    return f"pandas {found[1]}" if found else ""
