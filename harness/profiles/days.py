"""Dates and times as people write them, and which of their numbers is the day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

LONGEST = 48  # characters of a value that may be a date
DAYS, MONTHS = 31, 12
CLOCK = r"[0-9]{1,2}:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?(?:\s?[AaPp]\.?[Mm]\.?)?"
WITH_TIME = re.compile(
    rf"(?P<date>.*?[0-9])(?:[T_]|,?\s+(?:at\s)?){CLOCK}"
    r"(?:\s?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
)
NUMERIC = re.compile(r"([0-9]{1,2})([./-])\s?([0-9]{1,2})\2\s?([0-9]{4}|[0-9]{2})\.?")
YEAR_FIRST = re.compile(r"[0-9]{4}([./-])([0-9]{1,2})\1([0-9]{1,2})\.?")
WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,?\s)?"
MONTH = (
    r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june"
    r"|july|august|september|october|november|december)\.?"
)
NTH = r"(?:\.|st|nd|rd|th)?"
WORD = r"[^\W\d_]{3,10}\.?"  # a month in any language, where day and a whole year stand beside it
YEAR = r"(?:1[5-9]|2[01])[0-9]{2}"
SPAN = r"[0-9]+\s?(?:d|days?|h|hrs?|hours?|min|mins|minutes?|m|s|sec|seconds?)\b[,\s]*"
FORMS = (
    ("month by name", rf"{WEEKDAY}[0-3]?[0-9]{NTH}[\s/-]?{MONTH},?[\s/-]?[0-9]{{2,4}}"),
    ("month by name", rf"{WEEKDAY}{MONTH}[\s-]?[0-3]?[0-9](?:st|nd|rd|th)?,?[\s-][0-9]{{4}}"),
    ("month by name", rf"{WEEKDAY}[0-3]?[0-9](?:\.|er|\sde)?\s{WORD}\s(?:de\s)?{YEAR}"),
    ("month by name", rf"{YEAR}[\s-]{MONTH}[\s-][0-3]?[0-9]"),
    ("month by name", rf"{WEEKDAY}{MONTH}\s+[0-9]{{1,2}}\s{CLOCK}\s{YEAR}"),
    ("month alone", rf"{MONTH}[\s-]?'?(?:{YEAR}|[0-9]{{2}})|{YEAR}[\s-]{MONTH}"),
    ("month alone", rf"{YEAR}[-/](?:0[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[/.]{YEAR}"),
    ("quarter", rf"{YEAR}[\s/-]?[QqTK][1-4]|[Qq][1-4][\s/-]?{YEAR}"),
    ("week", rf"{YEAR}-?W[0-9]{{2}}(?:-[1-7])?"),
    ("time", rf"(?:0?[0-9]|1[0-9]|2[0-4]){CLOCK.removeprefix('[0-9]{1,2}')}"),
    ("duration", r"[0-9]{1,4}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"),
    ("duration", r"P(?=[0-9T])(?:[0-9.]+[YMWD])*(?:T(?:[0-9.]+[HMS])+)?"),
    ("duration", rf"(?:{SPAN}){{2,}}"),
)
COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in FORMS)
SAID = {
    "iso": "year first",
    "day": "day first",
    "month": "month first",
    "either": "ambiguous, day first or month first",
    "month by name": "the month by name",
    "month alone": "months",
    "quarter": "quarters",
    "week": "weeks",
    "time": "times of day",
    "duration": "durations",
}
OPEN = {"dotted", "either", "iso"}  # of a date that does not tell which number is its day
WITHOUT_DAY = {"month alone", "quarter", "week", "time", "duration"}


def read(value: str) -> frozenset[str] | None:
    """The marks of a date or time as written, or None where the value is none."""
    text = value.strip()
    if not 4 <= len(text) <= LONGEST or not any("0" <= char <= "9" for char in text):
        return None
    with_time = WITH_TIME.fullmatch(text)
    date = with_time["date"] if with_time else text
    marks = set(_numeric(date)) or {kind for kind, form in COMPILED if form.fullmatch(date)}
    if not marks:
        marks = {kind for kind, form in COMPILED if form.fullmatch(text)}
    elif with_time:
        marks.add("clock")
    return frozenset(marks - ({"duration"} if "time" in marks else set())) or None


def _numeric(text: str) -> Iterator[str]:
    if found := YEAR_FIRST.fullmatch(text):
        if int(found[2]) <= MONTHS and int(found[3]) <= DAYS:
            yield "iso"
        return
    found = NUMERIC.fullmatch(text)
    if found is None:
        return
    first, mark, second, year = int(found[1]), found[2], int(found[3]), found[4]
    short = len(year) == 2
    if not first or not second or (short and len(found[1]) + len(found[3]) < 4):
        return  # more like the number of a version
    if first <= MONTHS and second <= MONTHS:
        yield "dotted" if mark == "." else "either"
    elif first <= DAYS and second <= MONTHS:
        yield "day"
    elif first <= MONTHS and second <= DAYS:
        yield "month"
    else:
        return
    if short:
        yield "short year"


def describe(marks: Counter[frozenset[str]]) -> str:
    """What a column of dates holds, as a noun and how it is written.

    ``marks`` counts rows by what ``read`` gave.
    """
    rows: Counter[str] = Counter()
    for each, count in marks.items():
        rows.update(dict.fromkeys(each, count))
    # Dots are written by those who put the day first, if nothing speaks against it.
    for open_one, likely in (("dotted", "day"), ("either", "either")):
        count = rows.pop(open_one, 0)
        known = [one for one in ("day", "month") if rows[one]]
        rows[known[0] if len(known) == 1 else likely] += count
    forms = [form for form in SAID if rows[form]]
    if set(forms) <= WITHOUT_DAY:
        return f"{', '.join(SAID[form] for form in forms)} stored as text"
    many = len(forms) > 1
    listed = ", ".join(SAID[f] + (f" in {rows[f]:,}" if many else "") for f in forms)
    more = ", two-digit years" * bool(rows["short year"]) + ", with a time" * bool(rows["clock"])
    return f"dates stored as text: {listed}{more}"
