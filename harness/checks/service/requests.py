"""What the app is asked: held-out rows as a client would send them, and what it has to refuse."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.checks.evidence import Evidence
from harness.profiles import columns, days
from harness.profiles.sql import NOT_VALUES

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 10_000  # held-out rows that are sent; of more, evenly many
HEAD = 100_000  # visible rows that tell what an app may know
FEW = 100  # values of a text column that an app may know by heart
Record = dict[str, Any]


class Requests(NamedTuple):
    """Records without their target. ``chosen`` are their numbers among the held-out rows."""

    records: list[Record]
    chosen: list[int]
    strange: int = 0  # rows left out because an app may refuse them
    category: str | None = None  # a text column of few values, of which others are unknown
    field: str | None = None  # a column that an app is likely to need


def of(evidence: Evidence) -> Requests:
    """Requests from the held-out rows. Raises Unreadable.

    A row with a value that no visible row has, in a column of few texts or where nothing is
    missing, may be refused by right, and is left out.
    """
    import numpy as np  # noqa: PLC0415 - slow to import

    if evidence.held is None:
        return Requests([], [])
    every = -(-max(1, evidence.held_count()) // MOST_ROWS)
    held = _texts(evidence.held_features(every))
    seen = _texts(evidence.visible_rows(HEAD))[list(held.columns)]
    numeric = {name: _is_numeric(seen[name]) for name in held}
    familiar = np.ones(len(held), dtype=bool)
    for name in held:
        familiar &= _familiar(seen[name], held[name], is_number=numeric[name])
    category = _category(seen, [name for name in held if not numeric[name]])
    levels = {name: seen[name].nunique() for name in held}
    field = category or min(levels, key=lambda name: (levels[name] < 2, levels[name]), default=None)
    records = _records(held[familiar], [name for name in held if not numeric[name]])
    chosen = [int(number) * every for number in np.flatnonzero(familiar)]
    return Requests(records, chosen, int((~familiar).sum()), category, field)


def _texts(blob: bytes) -> pd.DataFrame:
    """A table as it is written, what pandas takes for missing as an empty text."""
    import pandas as pd  # noqa: PLC0415

    rows = pd.read_csv(io.BytesIO(blob), dtype=str, keep_default_na=False)
    return rows.mask(rows.isin(NOT_VALUES), "")


def _is_numeric(values: pd.Series) -> bool:
    """Whether pandas makes numbers or truths of the column."""
    import pandas as pd  # noqa: PLC0415

    there = values[values != ""]
    truths = there.str.lower().isin(["true", "false"]).all()
    return bool(truths or pd.to_numeric(there, errors="coerce").notna().all())


def _familiar(seen: pd.Series, held: pd.Series, *, is_number: bool) -> pd.Series:
    """Which held-out values an app may be expected to take."""
    import pandas as pd  # noqa: PLC0415

    levels = set(seen)
    fine = (held != "") | ("" in levels)
    if is_number:
        truths = held.str.lower().isin(["true", "false"])
        return fine & ((held == "") | truths | pd.to_numeric(held, errors="coerce").notna())
    return fine & (held.isin(levels) if len(levels) <= FEW else True)


def _category(seen: pd.DataFrame, texts: list[str]) -> str | None:
    """The text column of fewest values that repeat and are no dates; rather one that is whole.

    Of few enough for the profile to list them: an app cannot be asked to know others.
    """
    found = {}
    for name in texts:
        levels = [value for value in seen[name].unique() if value != ""]
        dates = sum(days.read(value) is not None for value in levels[:FEW])
        if 2 <= len(levels) <= min(columns.FEW, len(seen) // 2) and 2 * dates < len(levels):
            found[name] = (bool((seen[name] == "").any()), len(levels))
    return min(found, key=lambda name: found[name], default=None)


def _records(held: pd.DataFrame, texts: list[str]) -> list[Record]:
    """Numbers as numbers, missing values as null."""
    import pandas as pd  # noqa: PLC0415

    blob = held.to_csv(index=False).encode()
    types = dict.fromkeys(texts, str)
    rows = pd.read_csv(io.BytesIO(blob), dtype=types, low_memory=False)
    made: list[Record] = json.loads(rows.to_json(orient="records", double_precision=15))
    return made
