"""Outputs that the prose foretells number by number, and that came out otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.findings import places
from harness.findings.commentary import known
from harness.findings.steps import Step, clipped
from harness.findings.subject import Subject
from harness.records import Cell, Finding, FindingKind, Severity

RULE = "contradicted-number"
FORETOLD = re.compile(
    r"\b(?:outputs?|prints?|results?)\b[^\n]{0,60}(?::|\b(?:is|be|following))\W*$", re.IGNORECASE
)
VAGUE = re.compile(
    r"similar|something like|look(?:s|ing)? like|example|may|might|could|should|would|vary|sample"
    r"|e\.g",
    re.IGNORECASE,
)
OPENED = re.compile(r"[ \t>]{0,9}(`{3,})(?:text|output|plaintext|console|)[ \t]*$")
NUMBER = re.compile(r"(?<![\w.])\d{1,12}(?:\.\d{1,12})?(?![\w.]*\d)")
MOST_NUMBERS = 500
LEAST_DIGITS = 2  # of a number that is rounded
LEAST_WRONG = 3  # numbers, or all where there are fewer
SHARE_WRONG = 0.2


class Foretold(NamedTuple):
    """What stands in a fence, from ``start`` on, and how it is announced."""

    announced: str
    text: str
    start: int


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Says nothing where the step's cells showed no number, so where they may not have run."""
    shown = known.shown(step, subject)
    there = set(NUMBER.findall(shown))
    results = [subject.results[one.cell] for one in step.code if one.cell in subject.results]
    failed = any(one.failed for one in results)
    for cell in step.prose if there else ():
        for fence in _fences(cell.source):
            if not FORETOLD.search(fence.announced[-200:]) or VAGUE.search(fence.announced[-200:]):
                continue
            # A cell that failed may not have come to what is foretold.
            if not failed or _begun(fence.text, shown):
                yield from _wrong(cell, fence, there)


def _fences(source: str) -> Iterator[Foretold]:
    announced, mark, at, start = "", "", 0, 0
    for line in source.split("\n"):
        if mark and line.strip().startswith(mark):
            yield Foretold(announced, source[start:at], start)
            announced, mark = "", ""
        elif not mark and (opened := OPENED.match(line)):
            mark, start = opened[1], at + len(line) + 1
        elif not mark and line.strip():
            announced = line
        at += len(line) + 1
    if mark:
        yield Foretold(announced, source[start:], start)


def _begun(foretold: str, shown: str) -> bool:
    """Whether a line of words that is foretold was shown."""
    lines = {line.strip() for line in shown.split("\n")}
    return any(
        line.strip() in lines
        for line in foretold.split("\n")
        if line.strip() and not any(one.isdigit() for one in line)
    )


def _is_rounded(number: str, there: set[str]) -> bool:
    """Whether zeros fill up what was shown with more digits: 0.436000 for 0.436170."""
    plain = number.rstrip("0") if "." in number else number
    digits = len(plain.partition(".")[2])
    if plain == number or digits < LEAST_DIGITS:
        return False
    return any(abs(float(one) - float(plain)) <= 0.5001 * 10**-digits for one in there)


def _wrong(cell: Cell, fence: Foretold, there: set[str]) -> Iterator[Finding]:
    """The first number that no output has, where many have none."""
    numbers = [*NUMBER.finditer(fence.text)][:MOST_NUMBERS]
    wrong = [one for one in numbers if one[0] not in there and not _is_rounded(one[0], there)]
    if len(wrong) < min(LEAST_WRONG, len(numbers)) or len(wrong) <= SHARE_WRONG * len(numbers):
        return
    first = wrong[0]
    start = fence.start + first.start()
    yield Finding(
        kind=FindingKind.COMMENTARY,
        rule=RULE,
        cell=cell.id,
        **places.of_text(cell.source, start, start + len(first[0]))._asdict(),
        severity=Severity.WARNING,
        message=f"The output that is foretold has {first[0]}, and the real one has not.",
        evidence=f"{len(wrong)} of {len(numbers)} numbers: "
        + clipped(", ".join(one[0] for one in wrong[:10])),
    )
