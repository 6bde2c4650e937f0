"""Numbers as people write them: separators, currencies, percent, units, accountants' minus signs.

``read`` takes one value apart, ``describe`` says what all of a column's have in common. One value
may leave open what its comma means (``1,234``); the others of its column often tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

LONGEST = 48  # characters of a value that may be an amount
MOST_UNITS = 6  # a column with more of them holds names that begin with a number
MOST_NAMED = 3  # units or currencies in a sentence
SYMBOLS = "$¢£¤¥฿₡₦₩₪₫€₭₮₱₲₴₵₸₹₺₽₾₿"
CODES = (
    *("AED", "AUD", "BRL", "BTC", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF"),
    *("ILS", "INR", "JPY", "KRW", "MXN", "NOK", "NZD", "PLN", "RMB", "RON", "RUB", "SAR", "SEK"),
    *("SGD", "TRY", "UAH", "USD", "ZAR"),
)
POINTED = ("$", "US$", "USD", "£", "GBP", "¥", "₹")  # where the decimal sign is a point
CURRENCY = rf"(?:[A-Z]{{0,2}}[{SYMBOLS}]|{'|'.join(CODES)}|[Kk]r\.?|zł|Kč|Ft|Fr\.|Rs\.?)"
FACTORS = {
    **dict.fromkeys(("k", "K", "thousand"), 1e3),
    **dict.fromkeys(("M", "Mio", "mio", "mn", "mln", "million"), 1e6),
    **dict.fromkeys(("B", "bn", "Bn", "Mrd", "mrd"), 1e9),
    "tn": 1e12,
    "lakh": 1e5,
    "crore": 1e7,
}
SHARES = {"%": "percent", "‰": "per mille"}
AMOUNT = re.compile(
    rf"(?P<open>\()?\s?(?P<bound>[<>≤≥~≈]=?)?\s?(?P<sign>[-+−–])?\s?(?P<before>{CURRENCY})?\s?"
    r"(?P<inner>[-−–])?(?P<body>[0-9.,](?:[0-9.,'’_]|\s(?=[0-9]))*)(?P<power>[eE][-+]?[0-9]{1,3})?"
    rf"\s?(?P<after>%|‰|°[CF]?|{CURRENCY}|[^\W\d_]{{1,12}}\.?(?:[²³]|/[^\W\d_]{{1,6}})?)?"
    r"(?P<trail>[-−])?\s?(?P<close>\))?"
)
FORMS = tuple(
    (re.compile(pattern), marks)
    for pattern, *marks in (
        (r"[0-9]{1,3}", "short"),
        (r"[0-9]{4,}", "long"),
        (r"[1-9][0-9]{0,2}\.[0-9]{3}", "point?"),
        (r"[0-9]*\.[0-9]+|[0-9]+\.", "point"),
        (r"[1-9][0-9]{0,2},[0-9]{3}", "comma?"),
        (r"[0-9]*,[0-9]+", "comma"),
        (r"[0-9]{1,3}(?:,[0-9]{3})+", "group ,"),
        (r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*", "group ,", "point"),
        (r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?", "group ,"),  # as in India
        (r"[0-9]{1,3}(?:\.[0-9]{3})+", "group ."),
        (r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+", "group .", "comma"),
        (r"[0-9]{1,3}(?:\s[0-9]{3})+(?:\.[0-9]+)?", "group  "),
        (r"[0-9]{1,3}(?:\s[0-9]{3})+,[0-9]+", "group  ", "comma"),
        (r"[0-9]{1,3}(?:['’][0-9]{3})+(?:\.[0-9]+)?", "group '"),
        (r"[0-9]{1,3}(?:['’][0-9]{3})+,[0-9]+", "group '", "comma"),
        (r"[0-9]{1,3}(?:_[0-9]{3})+(?:\.[0-9]+)?", "group _"),
    )
)
PLAIN = {"short", "long", "point", "point?"}  # what any reader of numbers takes


def read(value: str) -> frozenset[str] | None:
    """The marks of a number as written, or None where the value is none."""
    found = AMOUNT.fullmatch(value.strip()) if len(value) <= LONGEST else None
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    marks = next((marks for form, marks in FORMS if form.fullmatch(found["body"])), None)
    if marks is None:
        return None
    made = {*marks, *_around(found)}
    unit = any(mark.startswith("unit ") for mark in made)
    return None if unit and re.match("0[0-9]", found["body"]) else frozenset(made)


def _around(found: re.Match[str]) -> Iterator[str]:
    """The marks of what stands before and behind the digits."""
    before, after = found["before"], found["after"] or ""
    known = {"parentheses": "open", "trailing minus": "trail", "bound": "bound"}
    yield from (mark for mark, group in known.items() if found[group])
    if {found["sign"], found["inner"]} & {"−", "–"}:
        yield "typeset minus"
    if before:
        yield f"currency {before}"
    if after in SHARES:
        yield SHARES[after]
    elif after:
        money = re.fullmatch(CURRENCY, after)
        yield f"{'currency' if money else 'factor' if after in FACTORS else 'unit'} {after}"


def describe(marks: Counter[frozenset[str]]) -> tuple[str, ...]:
    """What sets these numbers apart from plain ones; empty where nothing does.

    ``marks`` counts rows by what ``read`` gave. Names of one unit each make no numbers: empty too.
    """
    rows: Counter[str] = Counter()
    for each, count in marks.items():
        rows.update(dict.fromkeys(each, count))
    units = _named(rows, "unit ")
    measured = sum(rows[f"unit {unit}"] for unit in units)
    if len(units) > MOST_UNITS or len(units) > max(1, measured // 2):
        return ()
    found = [*_separators(rows)]
    for kind, plural in (("currency", "currencies"), ("factor", "factors"), ("unit", "units")):
        if named := _named(rows, f"{kind} "):
            listed = ", ".join(map(repr, named[:MOST_NAMED]))
            found.append(f"{plural if len(named) > 1 else kind} {listed}")
    said = {
        "percent": "percent",
        "per mille": "per mille",
        "parentheses": "parentheses for a minus sign",
        "trailing minus": "the minus sign at the end",
        "typeset minus": "a minus sign that is no hyphen",
        "bound": "signs such as '<' before them",
    }
    return (*found, *(text for mark, text in said.items() if rows[mark]))


def _named(rows: Counter[str], kind: str) -> list[str]:
    """Units or the like, most frequent first."""
    return [mark.removeprefix(kind) for mark, _ in rows.most_common() if mark.startswith(kind)]


def _separators(rows: Counter[str]) -> Iterator[str]:
    comma, grouped = rows["comma"], rows["group ,"]
    if rows["comma?"]:
        # A point that can only be decimal leaves the comma to thousands, and the other way round;
        # so do small numbers without a comma, where no large ones lack it, and the habits of
        # those who count in dollars or put losses into parentheses.
        habits = rows["parentheses"] + sum(rows[f"currency {one}"] for one in POINTED)
        small = rows["short"] and not rows["long"]
        for_groups = grouped or rows["point"] or small or habits
        if comma or rows["group ."]:
            comma += rows["comma?"]
        elif for_groups:
            grouped += rows["comma?"]
        else:
            yield "a comma that is a thousands separator or a decimal comma"
    if comma and grouped:
        yield f"decimal comma in {comma:,} and thousands separator ',' in {grouped:,}"
    elif comma:
        yield "decimal comma"
    elif grouped:
        yield "thousands separator ','"
    if rows["group ."] or (rows["point?"] and comma and not rows["point"]):
        yield "thousands separator '.'"
    yield from (f"thousands separator {one!r}" for one in " '_" if rows[f"group {one}"])
