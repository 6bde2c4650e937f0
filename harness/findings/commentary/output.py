"""Outputs that the prose foretells number by number, and that came out otherwise."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
# Two words at least: one alone may be of another column or row.
LABELLED = re.compile(
    r"^[^\w\n]*(?P<label>[^\W\d][^\d\n:=]{0,60}\s[^\d\n:=]{1,60})[:=]\s*(?P<number>\d{1,12}(?:\.\d{1,12})?)"
    r"[ \t]*$",
    re.MULTILINE,
)
# A column of the table and a number, as pandas prints one value of each column.
OF_COLUMN = re.compile(
    r"^[ \t]*(?P<label>[^\W\d]\w{0,60})(?::[ \t]*|[ \t]+)"
    r"(?P<number>\d{1,12}(?:\.\d{1,12})?)[ \t]*$",
    re.MULTILINE,
)
SHAPE = re.compile(r"^(?P<number>\(\d{1,12}, \d{1,12}\))$", re.MULTILINE)
MOST_NUMBERS = 500
LEAST_DIGITS = 2  # of a number that is rounded
LEAST_WRONG = 3  # numbers, or all where there are fewer
SHARE_WRONG = 0.2


class Foretold(NamedTuple):
    """What stands in a fence, from ``start`` on, and how it is announced."""

    announced: str
    text: str
    start: int


class Shown(NamedTuple):
    """The numbers that the step's cells showed: all, and those that stand alone behind words."""

    numbers: frozenset[str]
    labelled: Mapping[str, frozenset[str]]
    shapes: frozenset[str]  # lines such as ``(282, 9)``
    of_columns: Mapping[str, tuple[str, ...]]  # in the order of the output

    @classmethod
    def of(cls, text: str) -> Shown:
        """What is in the text of outputs."""
        labelled: dict[str, set[str]] = defaultdict(set)
        for found in LABELLED.finditer(text):
            labelled[found["label"].strip()].add(found["number"])
        of_columns: dict[str, list[str]] = defaultdict(list)
        for found in OF_COLUMN.finditer(text):
            of_columns[found["label"]].append(found["number"])
        numbers = {one for found in NUMBER.findall(text) for one in (found, _whole(found))}
        return cls(
            frozenset(numbers),
            {label: frozenset(found) for label, found in labelled.items()},
            frozenset(one["number"] for one in SHAPE.finditer(text)),
            {label: tuple(found) for label, found in of_columns.items()},
        )


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Says nothing where the step's cells showed no number, so where they may not have run."""
    shown = known.shown(step, subject)
    there = Shown.of(shown)
    results = [subject.results[one.cell] for one in step.code if one.cell in subject.results]
    failed = any(one.failed for one in results)
    for cell in step.prose if there.numbers else ():
        for fence in _fences(cell.source):
            if not FORETOLD.search(fence.announced[-200:]) or VAGUE.search(fence.announced[-200:]):
                continue
            # A cell that failed may not have come to what is foretold.
            if not failed or _begun(fence.text, shown):
                wrong = _wrong(fence, there) or _otherwise(fence, there)
                wrong = wrong or _of_columns(fence, there, known.columns(step, subject), failed)
                yield from _finding(cell, fence, wrong)


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


def _whole(number: str) -> str:
    """``43067`` of ``43067.000000``; another number as it is."""
    whole, _, part = number.partition(".")
    return number if part.strip("0") else whole


def _is_there(number: str, there: Collection[str]) -> bool:
    """Also where it is what was shown, rounded: 0.436 or 0.436000 for 0.436170."""
    plain = number.rstrip("0") if "." in number else number
    if number in there:
        return True
    is_long = len(number.partition(".")[2]) > LEAST_DIGITS  # few others round to it by chance
    return (plain != number or is_long) and _is_rounded(plain, there)


def _is_rounded(number: str, there: Iterable[str]) -> bool:
    """Whether some number with more digits comes to it."""
    digits = len(number.partition(".")[2])
    near = 0.5001 * 10**-digits
    return digits >= LEAST_DIGITS and any(abs(float(one) - float(number)) <= near for one in there)


def _wrong(fence: Foretold, there: Shown) -> list[re.Match[str]]:
    """The numbers that no output has, where they are many."""
    numbers = [*NUMBER.finditer(fence.text)][:MOST_NUMBERS]
    wrong = [one for one in numbers if not _is_there(one[0], there.numbers)]
    few = len(wrong) < min(LEAST_WRONG, len(numbers)) or len(wrong) <= SHARE_WRONG * len(numbers)
    return [] if few else wrong


def _otherwise(fence: Foretold, there: Shown) -> list[re.Match[str]]:
    """The lines whose words an output has with another number, and shapes that are others."""
    labelled = [
        one
        for one in [*LABELLED.finditer(fence.text)][:MOST_NUMBERS]
        if (shown := there.labelled.get(one["label"].strip()))
        and not _is_there(one["number"], shown)
        and not _is_rounded(one["number"], shown)
    ]
    shapes = SHAPE.finditer(fence.text) if there.shapes else ()
    return [*labelled, *(one for one in shapes if one["number"] not in there.shapes)]


def _of_columns(
    fence: Foretold, there: Shown, columns: Collection[str], failed: bool
) -> list[re.Match[str]]:
    """The lines of a column of the table whose number no output has for it.

    Of a cell that failed only the first number of each can be held against the output.
    """
    wrong: list[re.Match[str]] = []
    seen: set[str] = set()
    for one in [*OF_COLUMN.finditer(fence.text)][:MOST_NUMBERS]:
        label, number = one["label"], one["number"]
        shown = there.of_columns.get(label, ())[: 1 if failed else None]
        is_first = label not in seen
        seen.add(label)
        if label not in columns or not shown or (failed and not is_first):
            continue
        same = any(float(number) == float(other) for other in shown)
        if not same and not _is_there(number, shown) and not _is_rounded(number, shown):
            wrong.append(one)
    return wrong


def _finding(cell: Cell, fence: Foretold, wrong: Sequence[re.Match[str]]) -> Iterator[Finding]:
    """At the first of the numbers that are wrong."""
    if not wrong:
        return
    number = "number" if "number" in wrong[0].groupdict() else 0
    first, start = wrong[0][number], fence.start + wrong[0].start(number)
    yield Finding(
        kind=FindingKind.COMMENTARY,
        rule=RULE,
        cell=cell.id,
        **places.of_text(cell.source, start, start + len(first))._asdict(),
        severity=Severity.WARNING,
        message=f"The output that is foretold has {first}, and the real one has not.",
        evidence=f"{len(wrong)} of {len(NUMBER.findall(fence.text))} numbers: "
        + clipped(", ".join(one[number] for one in wrong[:10])),
    )
