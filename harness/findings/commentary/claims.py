"""What of a sentence is a claim about the code, and where it names something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from harness.findings.steps import Remark
from harness.records import Finding, FindingKind, Severity

LONGEST = 600  # characters of a sentence that is read
MOST_OPTIONS, MOST_LETTERS_OFF = 300, 3  # names that may have been meant
# Advice, conditions and plans say nothing of the code that stands there.
OPEN = re.compile(
    r"\b(?:(?<!we )can|we can (?:also|then|now)|could|may|might|should|shall|would|must"
    r"|need(?:s|ed)? to|have to|you'll|you will"
    r"|if (?:you|there|the|any|it|a|your)|in case|unless|consider|alternatively|instead"
    r"|optional(?:ly)?|recommend\w*|I suggest|suggestions?|next steps?|further|future|later on?"
    r"|earlier|previous\w*|above|before this|already|assum\w+|expect\w*|typically|usually|often"
    r"|generally|in general"
    r"|feel free|let me know|please|make sure|ensure that you|note that you|todo"
    r"|for more|e\.g\.|for example|for instance|such as|like this|imagine|suppose|want"
    r"|ready for|available in|prepared for|be able to|allow(?:s|ing)?)\b|\?",
    re.IGNORECASE,
)
# What prose asks its reader to do; a comment that begins so tells what the code does.
TOLD_TO_DO = re.compile(
    r"(?:\W|\d+[.)])*(?:to (?:run|use|start|deploy|test|try)|save|run|create|open|copy|paste"
    r"|install|start|execute|build|navigate|visit|go|put|place|use|upload|download|add|change|try)\b",
    re.IGNORECASE,
)
# What stands behind one of these in a sentence is said not to be there.
DENIED = re.compile(
    r"\b(?:not|no|never|without|except|excluding|other than|rather than|apart from|avoid\w*"
    r"|nor|none|n't|instead of|besides|unlike)\b|n't\b",
    re.IGNORECASE,
)


class Mention(NamedTuple):
    """A name in a sentence, at ``start`` to ``end`` of it."""

    name: str
    start: int
    end: int


def claims(remark: Remark) -> str:
    """The part of a remark that says what is done; empty where it is advice or a plan."""
    text = said(remark)
    denied = DENIED.search(text)
    return text[: denied.start()] if denied else text


def said(remark: Remark) -> str:
    """The same, with what is said not to be there."""
    text = remark.text[:LONGEST]
    return "" if OPEN.search(text) or (TOLD_TO_DO.match(text) and not remark.in_code) else text


def mentions(pattern: re.Pattern[str], text: str) -> Iterator[Mention]:
    """The first group of the pattern that took part, wherever it fits; each name once."""
    seen = set()
    for found in pattern.finditer(text):
        number = found.lastindex or 0
        if found[number] not in seen:
            seen.add(found[number])
            yield Mention(found[number], found.start(number), found.end(number))


def nearest(name: str, options: Iterable[str]) -> str:
    """What of the options is written almost like ``name``; empty where nothing is."""
    alike = [one for one in options if abs(len(one) - len(name)) <= MOST_LETTERS_OFF]
    return next(iter(get_close_matches(name[:60], sorted(alike)[:MOST_OPTIONS], 1, 0.8)), "")


def finding(
    rule: str, remark: Remark, at: Mention, message: str, *, evidence: str = "", near: str = ""
) -> Finding:
    """A claim that does not hold, at its place; ``near`` is what may have been meant."""
    return Finding(
        kind=FindingKind.COMMENTARY,
        rule=rule,
        cell=remark.cell,
        **remark.span(at.start, at.end)._asdict(),
        severity=Severity.WARNING,
        message=message,
        evidence=evidence,
        replacement=near or None,
    )
