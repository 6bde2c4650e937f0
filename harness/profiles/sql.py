"""What is asked of a column, in SQL. @ stands for the column, $ for one hash in so many.

A cast is behind a CASE that reads the text itself: the library pushes a bare one into its CSV
reader, where it raises instead of giving NULL.
"""

from __future__ import annotations

# What pandas.read_csv takes for missing, the empty field apart.
NOT_VALUES = (
    *("#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "n/a", "NULL", "null", "None"),
    *("NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
SPACES = "'" + "".join(filter(str.isspace, map(chr, range(0x3001)))) + "'"
EDGY = "@ <> '' AND (@[1] NOT BETWEEN '!' AND '~' OR @[-1] NOT BETWEEN '!' AND '~')"
DATED = "@[5] IN ('-', '/')"
TOO_LONG = "TRY_CAST(@ AS BIGINT) IS NULL AND TRY_CAST(@ AS UBIGINT) IS NULL"

BLANK = f"CASE WHEN {EDGY} THEN trim(@, {SPACES}) = '' ELSE false END"
NOT_VALUE = "@ IN (" + ", ".join(f"'{word}'" for word in NOT_VALUES) + ")"
WHOLE = r"regexp_full_match(@, '\s*[+-]?\d+\s*')"
PADDED = r"regexp_full_match(@, '\s*[+-]?0\d+\s*')"
NUMBER = (
    r"regexp_full_match(@, '\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*|[+-]?(?i:inf|infinity)')"
)
KEY = "CASE WHEN strlen(@) > 1000 THEN left(@, 100) || md5(@) ELSE @ END"  # a value, in short
ODD = f"@ <> '' AND NOT {NUMBER} AND NOT {BLANK}"
PACKED = "(1[6-9]|2[01])[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
PACKED = f"strlen(CAST(@ AS VARCHAR)) = 8 AND regexp_full_match(CAST(@ AS VARCHAR), '{PACKED}')"

# Values of one shape are read alike: zeros at the front tell a code from a number; which number is
# the day has to stay, and minutes and the year of a century have not.
AMOUNT_SHAPE = (
    "translate(left(@, 3), '123456789', '999999999')"
    " || translate(left(@[4:], 80), '0123456789', '9999999999')"
)
DAY_SHAPE = (
    "regexp_replace(regexp_replace(left(@, 80), ':[0-5][0-9]([.,][0-9]+)?', ':00', 'g'),"
    " '(1[5-9]|2[01])[0-9]{2}', '2000', 'g')"
)

SURVEY = {
    "present": "count(nullif(@, ''))",
    "blank": f"count(CASE WHEN {BLANK} THEN 1 END)",
    "spaced": f"count(CASE WHEN {EDGY} THEN nullif(trim(@, {SPACES}), @) END)",
    "not_values": f"count(CASE WHEN {NOT_VALUE} THEN 1 END)",
    "numbers": f"count(CASE WHEN {NUMBER} THEN 1 END)",
    "whole": f"count(CASE WHEN {WHOLE} THEN 1 END)",
    "long": f"count(CASE WHEN strlen(@) > 18 AND {WHOLE} AND {TOO_LONG} THEN 1 END)",
    "truths": "count(CASE WHEN lower(@) IN ('true', 'false') THEN 1 END)",
    "days": f"count(CASE WHEN {DATED} AND strlen(@) <= 10 THEN TRY_CAST(@ AS DATE) END)",
    "moments": f"count(CASE WHEN {DATED} THEN TRY_CAST(@ AS TIMESTAMP) END)",
    "distinct": "count(DISTINCT hash(@)) FILTER (@ <> '' AND hash(@) % $ = 0)",
}
"""Counts over a column of text."""

SURVEY_TYPED = {
    "present": "count(@)",
    "distinct": "count(DISTINCT hash(@)) FILTER (@ IS NOT NULL AND hash(@) % $ = 0)",
}
"""Counts over a column whose type is stored."""

RANGES = {
    "integer": f"CASE WHEN {WHOLE} THEN TRY_CAST(@ AS HUGEINT) END",
    "real": f"CASE WHEN {NUMBER} THEN TRY_CAST(@ AS DOUBLE) END",
    "date": f"CASE WHEN {DATED} THEN TRY_CAST(@ AS DATE) END",
    "timestamp": f"CASE WHEN {DATED} THEN TRY_CAST(@ AS TIMESTAMP) END",
}
"""The value of a text, by the type that the column would have."""
