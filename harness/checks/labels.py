"""What the values of a target stand for: classes in one spelling, numbers however they are written.

pandas changes values as it reads them: ``1`` becomes ``1.0`` where one is missing, and ``true``
becomes ``True``. So classes are compared by a normal form, unless two of them share one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.profiles import amounts
from harness.profiles.columns import quoted
from harness.profiles.sql import NOT_VALUES

TRUTHS = {"true": "1", "false": "0"}
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
EXACT = 1 << 53  # up to here a float holds each whole number
SPELLINGS = 100_000  # that are remembered


class Unreadable(Exception):
    """The target cannot be read as numbers; the message says why, for a sentence."""


class Reading(NamedTuple):
    """How the values of a target are read; calling it gives a value's label."""

    label: Callable[[str], str | None]

    def __call__(self, value: str) -> str | None:
        """A class as the table writes it, or a number as Python does; None: there is none."""
        return self.label(value)


def normal(value: object) -> str:
    """One form for all that is the same value to pandas: ``1``, ``1.0``, ``true`` and ``True``."""
    text = str(value).strip()
    if text.lower() in TRUTHS:
        return TRUTHS[text.lower()]
    if not NUMBER.fullmatch(text):
        return text
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return str(int(text)) if len(text) <= 400 else text
    number = float(text)
    return str(int(number)) if number.is_integer() and abs(number) < EXACT else repr(number)


def speller(classes: Sequence[str]) -> Callable[[object], str]:
    """A function that gives the class that a value is, as the table writes it; else its text.

    What is written as a class is that class. A normal form that two classes share stands for none.
    """
    forms = Counter(normal(one) for one in classes)
    known = {form: one for one in classes if forms[form := normal(one)] == 1}
    written = set(classes)
    remembered: dict[str, str] = {}

    def spell(value: object) -> str:
        text = str(value)
        if text in written:
            return text
        if text not in remembered:
            if len(remembered) >= SPELLINGS:
                remembered.clear()
            remembered[text] = known.get(normal(text), text)
        return remembered[text]

    return spell


def of_classes(classes: Sequence[str]) -> Reading:
    """Every value but a missing one is a label; words that pandas drops are where no class is."""
    spell = speller(classes)
    missing = {*NOT_VALUES} - {*classes}

    def label(value: str) -> str | None:
        return None if not value or value.isspace() or value in missing else spell(value)

    return Reading(label)


def of_numbers(values: Callable[[], Iterable[str]]) -> Reading:
    """Numbers as most values of the column are written; what is none is no label.

    ``values`` goes through the column, and is called twice where they are not plain numbers.
    Raises Unreadable where most are no numbers, or what they stand for is open.
    """
    present = plain = 0
    for value in values():
        if value and not value.isspace() and value not in NOT_VALUES:
            present += 1
            plain += _plain(value) is not None
    if plain == present:
        return Reading(_plain)
    marks = Counter[frozenset[str]]()
    odd = ""
    for value in values():
        if value and not value.isspace() and value not in NOT_VALUES:
            found = amounts.read(value)
            marks.update([found] if found else [])
            odd = odd or ("" if found else value)
    if 2 * max(marks.total(), plain) < present:
        raise Unreadable(f"most values of the target are no numbers, such as {quoted(odd)}")
    if 2 * plain >= present and marks.total() <= plain:
        return Reading(_plain)  # numbers, and words among them
    return _notated({mark for each in marks for mark in each})


def _plain(value: str) -> str | None:
    text = value.strip()
    if not NUMBER.fullmatch(text):
        return None
    number = float(text)
    return repr(number) if math.isfinite(number) else None


def _notated(marks: set[str]) -> Reading:
    """Numbers with separators, currencies and the like. Raises Unreadable."""
    problem = next(_open(marks), "")
    if problem:
        raise Unreadable(f"{problem}, so which numbers the target holds is open")
    has_comma = "comma" in marks or ("comma?" in marks and "group ." in marks)
    grouping = "., '’_" if has_comma else ",  '’_"
    if "group ." in marks:
        grouping += "."
    drop = str.maketrans("", "", grouping.replace(",", "") if has_comma else grouping)

    def label(value: str) -> str | None:
        found = amounts.AMOUNT.fullmatch(value.strip()) if len(value) <= amounts.LONGEST else None
        if found is None:
            return None
        body = re.sub(r"\s", "", found["body"].translate(drop)).replace(",", ".")
        is_minus = bool(found["open"] or found["trail"] or found["inner"])
        is_minus |= found["sign"] in {"-", "−", "–"}
        number = _plain(f"{'-' if is_minus else ''}{body}{found['power'] or ''}")
        factor = amounts.FACTORS.get(found["after"] or "")
        return number if number is None or factor is None else repr(float(number) * factor)

    return Reading(label)


def _open(marks: set[str]) -> Iterator[str]:
    """What leaves a number open."""
    around = {kind: sorted(one for one in marks if one.startswith(kind)) for kind in AROUND}
    for kind, named in around.items():
        shown = ", ".join(repr(one.partition(" ")[2]) for one in named[: amounts.MOST_NAMED])
        if len(named) > 1:
            yield f"its numbers have several {AROUND[kind]}: {shown}"
    if "bound" in marks:
        yield "its numbers have signs such as '<' before them"
    comma = "comma" in marks or ("comma?" in marks and "group ." in marks)
    thousands = bool({"group ,", "point"} & marks)
    habits = "parentheses" in marks or any(f"currency {one}" in marks for one in amounts.POINTED)
    small = "short" in marks and "long" not in marks
    if comma and ("group ," in marks or "point" in marks):
        yield "a comma is both a decimal comma and a thousands separator in it"
    if "comma?" in marks and not (comma or thousands or habits or small):
        yield "a comma in it may be a thousands separator or a decimal comma"


AROUND = {"unit ": "units", "currency ": "currencies"}
