"""Whether a column whose values all differ is a key, or a text or a measure that happens to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

LONGEST = 64  # characters: a sha256 in hex
SHORTEST = 3  # characters of a key whose length says that it is one
MOST = 0.95  # share that counts as all but a few
GAPS = 1.25  # numbers of a sequence by those that are there
YEARS = (1800, 2200)
SHAPES = 3
WORDS = {
    *("id", "ids", "key", "code", "uuid", "guid", "no", "nr", "num", "number", "pk", "index"),
    *("identifier", "serial", "ref", "reference", "sku", "ean", "isbn", "iban", "ssn", "vin"),
    *("email", "userid", "custid", "rowid", "recordid", "orderid", "customerid", "passengerid"),
}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
RANGE = re.compile(r"([0-9]+)[-–—]([0-9]+)")


def named(name: str) -> bool:
    """Whether the last word of a column's name, or ``id`` as its first, says that it is a key."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = [word.casefold() for word in re.findall(r"[^\W_]+", spaced)]
    return bool(words) and (words[-1] in WORDS or words[0] == "id")


def of_numbers(name: str, low: int, high: int, rows: int, share: float) -> bool:
    """Whether whole numbers that all differ count something rather than measure it.

    ``rows`` of them are there, a ``share`` of those that a file once had.
    """
    if named(name):
        return True
    years = YEARS[0] <= low and high <= YEARS[1]
    return not years and (high - low + 1) * share <= GAPS * rows


def of_text(name: str, values: Sequence[str]) -> bool:
    """Whether texts that all differ are short, without spaces, and alike in shape."""
    count = len(values)
    spaced = sum(any(char.isspace() for char in value) for value in values)
    if not count or max(map(len, values)) > LONGEST or spaced > (1 - MOST) * count:
        return False
    if named(name) or sum(bool(EMAIL.fullmatch(value)) for value in values) >= MOST * count:
        return True
    if not any(char.isalpha() for value in values for char in value):
        return _of_digits(values)
    length, alike = Counter(map(len, values)).most_common(1)[0]
    digits = sum(any(char.isdigit() for char in value) for value in values)
    upper = sum(value.isupper() for value in values)
    if length >= SHORTEST and alike >= MOST * count and max(2 * digits, upper) >= MOST * count:
        return True
    shapes = Counter(re.sub(r"[0-9]+", "9", re.sub(r"[^\W\d_]+", "a", value)) for value in values)
    regular = sum(number for _, number in shapes.most_common(SHAPES))
    return digits >= MOST * count and regular >= MOST * count


def _of_digits(values: Sequence[str]) -> bool:
    """All of one shape, such as 999-99-9999, and neither ranges nor measures in pairs."""
    shapes = Counter(re.sub(r"[0-9]", "9", value) for value in values)
    shape, alike = shapes.most_common(1)[0]
    if alike < MOST * len(values) or set(shape) - set("9-_"):
        return False
    ends = [RANGE.fullmatch(value) for value in values]
    return not all(end and int(end[1]) < int(end[2]) for end in ends)
