"""Dates and times as text: in which forms a column writes them, and what is told of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from harness.profiles import days

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MOSTLY = 0.9  # share of a column's values that has to be dates
ISO = "ISO8601"
PACKED = "%Y%m%d"
IS_PACKED = re.compile(r"(1[6-9]|2[01])[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")
DAY_FIRST = tuple(f"%d{mark}%m{mark}{year}" for mark, year in product("./-", ("%Y", "%y")))
MONTH_FIRST = tuple(f"%m{mark}%d{mark}{year}" for mark, year in product("/-.", ("%Y", "%y")))
OTHERS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d. %B %Y"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%a, %d %b %Y", "%A, %d %B %Y"),
    *("%a %d %b %Y", "%Y-%b-%d", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%m/%Y", "%m.%Y"),
)
CLOCKS = (
    *("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S"),
    *(", %H:%M", ", %I:%M %p"),
)
GLANCE = 10  # values; where none of them is a date, the column is none of dates
PARTS = ("year", "month", "day")
"""What the prompts ask of a date."""


def packed(ranked: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """The format of numbers that are dates, YYYYMMDD; none: these are not."""
    return (PACKED,) if all(IS_PACKED.fullmatch(value) for value, _ in ranked) else ()


def forms(ranked: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """Formats that together read a column's dates, the likelier first; none: these are no dates.

    ``ranked`` are its values, each with its rows.
    """
    import numpy as np  # noqa: PLC0415

    if not any(days.read(value) for value, _ in ranked[:GLANCE]):
        return ()
    total = sum(rows for _, rows in ranked)
    marks = Counter[str]()
    dated = 0
    for value, rows in ranked:
        found = days.read(value) or frozenset()
        dated += rows if found else 0
        marks.update(dict.fromkeys(found, rows))
    if dated < MOSTLY * total:
        return ()
    left = np.array([value for value, _ in ranked], dtype=object)
    used = []
    for form in _candidates(marks):
        if not len(left):
            break
        there = _parsed(left, form).notna().to_numpy()
        if there.any():
            used.append(form)
            left = left[~there]
    unread = {str(one) for one in left}
    missed = sum(rows for value, rows in ranked if value in unread)
    return tuple(used) if missed <= (1 - MOSTLY) * total else ()


def _candidates(marks: Counter[str]) -> Iterator[str]:
    is_day_first = marks["day"] > marks["month"] or (not marks["month"] and marks["dotted"] > 0)
    first, second = (DAY_FIRST, MONTH_FIRST) if is_day_first else (MONTH_FIRST, DAY_FIRST)
    yield ISO
    for date in (*first, *second, *OTHERS):
        for clock in CLOCKS:
            yield date + clock
    yield from (clock.strip() for clock in CLOCKS[1:6])


def _parsed(different: np.ndarray[Any, Any], form: str) -> pd.Series:
    import pandas as pd  # noqa: PLC0415

    column = pd.Series(different, dtype=object)
    try:
        return pd.to_datetime(column, format=form, errors="coerce", utc=True)
    except (ValueError, OverflowError):  # no error that is coerced
        return pd.Series(pd.NaT, index=column.index, dtype="datetime64[ns, UTC]")


def read(different: np.ndarray[Any, Any], used: Sequence[str]) -> pd.Series:
    """The moments of values, NaT for what is none; each form reads what those before it did not."""
    made = _parsed(different, used[0])
    for form in used[1:]:
        left = made.isna().to_numpy()
        if not left.any():
            break
        made = made.where(~left, _parsed(different, form))
    return made


def parts(made: pd.Series) -> list[np.ndarray[Any, Any]]:
    """What is told of moments, in the order of PARTS; NaN for none."""
    found = (made.dt.year, made.dt.month, made.dt.day)
    return [one.to_numpy(dtype=float, na_value=float("nan")) for one in found]
