"""Numbers however a column writes them: plain ones, and those that the profile knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.profiles import amounts

if TYPE_CHECKING:
    import numpy as np

LOOKED_AT = 1000  # values, the most frequent ones
MOSTLY = 0.9  # share of a column's values that has to be of one kind
LARGEST = 1e30  # XGBoost counts in single precision
NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity)", re.I)


class Notation(NamedTuple):
    """What a column's commas and points are where one value leaves that open."""

    decimal_comma: bool = False
    grouped_by_points: bool = False


def plain(different: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The values as numbers; NaN for what is none."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    found = pd.to_numeric(different, errors="coerce")
    made: np.ndarray[Any, Any] = np.asarray(found, dtype=float)
    return made.clip(-LARGEST, LARGEST)


def notation(ranked: Sequence[tuple[str, int]]) -> Notation | None:
    """How a column's numbers are written; None where most of its values are none, or too unlike.

    ``ranked`` are its values, each with its rows.
    """
    marks = Counter[frozenset[str]]()
    for value, rows in ranked:
        found = amounts.read(value)
        marks.update({found: rows} if found is not None else {})
    total = sum(rows for _, rows in ranked)
    phrases = amounts.describe(marks)
    if not phrases or marks.total() < MOSTLY * total:
        return None
    units = {mark for each in marks for mark in each if mark.startswith("unit ")}
    if len(units) > 1:
        return None  # 3 days are more than 50 hours
    return Notation("decimal comma" in phrases, "thousands separator '.'" in phrases)


def read(different: np.ndarray[Any, Any], how: Notation) -> np.ndarray[Any, Any]:
    """The values as numbers, percent as they stand; NaN for what is none."""
    import numpy as np  # noqa: PLC0415

    found = (_amount(str(one), how) for one in different)
    made = np.fromiter(found, dtype=float, count=len(different))
    return made.clip(-LARGEST, LARGEST)


def _amount(value: str, how: Notation) -> float:
    marks = amounts.read(value)
    found = amounts.AMOUNT.fullmatch(value) if marks is not None else None
    if found is None or marks is None:
        return float(value) if NUMBER.fullmatch(value) else float("nan")
    body = re.sub(r"[\s'’_]", "", found["body"])
    if "comma" in marks or ("comma?" in marks and how.decimal_comma):
        body = body.replace(".", "").replace(",", ".")
    elif "group ." in marks or ("point?" in marks and how.grouped_by_points):
        body = body.replace(".", "")
    number = float(body.replace(",", "") + (found["power"] or ""))
    is_minus = bool(found["open"] or found["trail"] or found["inner"]) or found["sign"] in set(
        "-−–"
    )
    return (-number if is_minus else number) * amounts.FACTORS.get(found["after"] or "", 1)
