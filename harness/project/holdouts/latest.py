"""The order of a column's values, however its dates are written; what has none is refused.

The same readers that tell a profile how dates are written decide here how to read them. Where they
leave open which number is the day, nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NoReturn

from harness.profiles import days, sql
from harness.profiles.columns import LONGEST_VALUE, cut, many, quoted
from harness.profiles.dialects import wrong
from harness.profiles.tables import Table

SHAPES = 50_000  # most that are looked at
ORDERED = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL|DATE|TIMESTAMP.*")
CLOCK = (
    r"(?:[T_]|,?\s+(?:at\s)?)(\d{1,2}):(\d\d)(?::(\d\d(?:[.,]\d{1,9})?))?"
    r"(?:\s?([AaPp])\.?[Mm]\.?)?(?:\s?(?:Z|UTC|GMT))?$"
)
OFFSET = re.compile(r":\d\d(?:[.,]\d+)?\s?[+-]\d\d:?\d\d")
MONTHS = (  # in English; those of other languages are not read
    "(?i)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    "(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?([^a-z]|$)"
)
WEEKDAYS = r"(?i)\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*"
WHOLE_YEAR = ("%d %b %Y", "%b %d %Y", "%Y %b %d", "%b %Y", "%Y %b")
SHORT_YEAR = ("%d %b %y", "%b %y")
FORMATS = {
    "iso": (("%Y %m %d",), ()),
    "day": (("%d %m %Y",), ("%d %m %y",)),
    "month": (("%m %d %Y",), ("%m %d %y",)),
    "month by name": (WHOLE_YEAR, SHORT_YEAR),
    "month alone": ((*WHOLE_YEAR, "%Y %m", "%m %Y"), SHORT_YEAR),
}
"""Of each form the formats with a whole year and those with a short one, single spaces between."""
QUARTER = r"regexp_extract(@, '\d{4}') || regexp_extract(@, '(?i)[QTK]([1-4])', 1)"
WEEK = (
    r"regexp_extract(@, '^(\d{4})-?W(\d\d)', 1) || regexp_extract(@, 'W(\d\d)', 1)"
    r" || coalesce(nullif(regexp_extract(@, 'W\d\d-(\d)', 1), ''), '1')"
)
OTHERWISE = "Write its dates as 2023-12-31, or hold rows out otherwise"


def order(table: Table, place: int) -> str:
    """SQL that orders the values of a column, NULL where there is none. Raises DataError."""
    name, stored = table.columns[place]
    column = f"c{place}"
    base = stored.partition("(")[0]
    if base in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN NOT isnan({column}) THEN {column} END"
    if ORDERED.fullmatch(base):
        return column
    if stored != "VARCHAR":
        _refuse(table, name, f"holds values of type {stored}, which have no order in time")
    text = f"trim({column}, {sql.SPACES})"
    there = f"{column} <> '' AND {text} <> '' AND NOT ({sql.NOT_VALUE.replace('@', text)})"
    asked = (
        "count(*)",
        f"count(CASE WHEN {sql.NUMBER.replace('@', text)} THEN 1 END)",
        f"count(CASE WHEN {sql.WHOLE.replace('@', text)} AND strlen({text}) < 37 THEN 1 END)",
        f"count({sql.RANGES['timestamp'].replace('@', text)})",
    )
    values, numbers, whole, moments = table.query(", ".join(asked), f"WHERE {there}")[0]
    if not values:
        _refuse(table, name, "holds no values")
    if values == whole:
        made = f"TRY_CAST({text} AS HUGEINT)"
    elif values == numbers:
        made = f"TRY_CAST({text} AS DOUBLE)"
    elif values == moments:
        made = sql.RANGES["timestamp"].replace("@", text)
    else:
        made = _written(table, name, text, there)
    return f"CASE WHEN {there} THEN {made} END"


def _refuse(table: Table, name: str, what: str) -> NoReturn:
    said = f"column '{cut(name)}', by which rows are held out, {what}"
    raise wrong(table.path, said, OTHERWISE)


def _written(table: Table, name: str, text: str, there: str) -> str:
    """The order of dates as people write them, all of which can be read."""
    shape = sql.DAY_SHAPE.replace("@", text)
    found = table.query(
        f"{shape} AS shape, count(*) AS number, min(left({text}, {LONGEST_VALUE + 1}))",
        f"WHERE {there} GROUP BY shape ORDER BY number DESC, shape LIMIT {SHAPES}",
    )
    rows: Counter[str] = Counter()
    for written, number, example in found:
        marks = days.read(str(written))
        if marks is None or OFFSET.search(str(written)):
            what = "a time zone" if marks else "neither a plain number nor a date"
            _refuse(table, name, f"holds {quoted(str(example))} in {many(number, 'row')}: {what}")
        rows.update(dict.fromkeys(marks - {"clock", "short year"}, number))
    form = _form(table, name, rows, quoted(str(found[0][2])))
    made = {"quarter": f"TRY_CAST({QUARTER} AS INTEGER)", "week": f"TRY_CAST({WEEK} AS INTEGER)"}
    said = made.get(form) or _moment(text, form)
    said = said.replace("@", text)
    left = table.query(f"count(*), min({text})", f"WHERE {there} AND ({said}) IS NULL")[0]
    if left[0]:
        what = f"holds {quoted(str(left[1]))} in {many(left[0], 'row')}, which cannot be read"
        _refuse(table, name, f"{what} as a date")
    return said


def _form(table: Table, name: str, rows: Counter[str], example: str) -> str:
    """The one form that all values have, those that are written year first apart."""
    for undecided, likely in (("dotted", "day"), ("either", "")):
        count = rows.pop(undecided, 0)
        known = [one for one in ("day", "month") if rows[one]]
        one = known[0] if len(known) == 1 else likely
        if count and not one:
            what = f"holds dates such as {example}, which may be day first or month first"
            _refuse(table, name, what)
        rows[one] += count
    forms = [form for form in days.SAID if rows[form] and form != "iso"] or ["iso"]
    if len(forms) > 1:
        listed = ", ".join(f"{days.SAID[form]} in {rows[form]:,}" for form in forms)
        _refuse(table, name, f"holds dates in several notations: {listed}")
    if forms[0] in ("time", "duration") or (rows["iso"] and forms[0] in ("quarter", "week")):
        _refuse(table, name, f"holds {days.SAID[forms[0]]}, such as {example}")
    return forms[0]


def _moment(text: str, form: str) -> str:
    """Seconds since 1970 of a date of this form, with or without a time."""
    date = f"regexp_replace({text}, '{CLOCK}', '')"
    for pattern, by in (
        (r"(\d)(st|nd|rd|th)\b", r"\1"),
        (WEEKDAYS, ""),
        (MONTHS, r" \1 \2"),
        (r"[^0-9A-Za-z]+", " "),
    ):
        date = f"regexp_replace({date}, '{pattern}', '{by}', 'g')"
    date = f"trim({date})"
    whole, short = FORMATS[form]
    read = f"try_strptime({date}, {[*FORMATS['iso'][0], *whole]})"
    if short:
        is_short = rf"regexp_matches({date}, '\D\d\d$') AND NOT regexp_matches({date}, '^\d{{4}}')"
        read = f"CASE WHEN {is_short} THEN try_strptime({date}, {[*short]}) ELSE {read} END"
    hour, minute, second, half = (f"regexp_extract({text}, '{CLOCK}', {i})" for i in range(1, 5))
    clock = (
        f"coalesce(TRY_CAST({hour} AS DOUBLE), 0) % CASE {half} WHEN '' THEN 25 ELSE 12 END * 3600"
        f" + CASE WHEN lower({half}) = 'p' THEN 43200 ELSE 0 END"
        f" + coalesce(TRY_CAST({minute} AS DOUBLE), 0) * 60"
        f" + coalesce(TRY_CAST(replace({second}, ',', '.') AS DOUBLE), 0)"
    )
    return f"epoch({read}) + {clock}"
