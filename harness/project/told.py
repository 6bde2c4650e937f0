"""What a context lets templates know of a table: the profile, less what it does not show.

What is not shown is not there: a template cannot tell it by accident.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable
from typing import Any

from harness.records import ColumnProfile, ContextSpec, DatasetSpec, Part, TableProfile

# Which part shows which fields; a name or a file tells nothing by itself.
OF_TABLE = {
    Part.SIZE: ("rows",),
    Part.DESCRIPTION: ("description",),
    Part.BALANCE: ("target_balance", "classes"),
    Part.QUIRKS: ("reading",),
}
OF_COLUMN = {
    Part.TYPES: ("type", "distinct"),
    Part.RANGES: ("minimum", "maximum"),
    Part.LEVELS: ("levels",),
    Part.EXAMPLES: ("examples",),
    Part.MISSING: ("missing", "blank"),
    Part.MEANINGS: ("meaning",),
    Part.QUIRKS: ("quirks",),
}
NOTHING = {"type": "", "distinct": 0, "missing": 0, "blank": 0, "meaning": "", "description": ""}
NUMBERS = "numbers stored as text"
LOST = re.compile(r"[0-9,]+ rows? that pandas reads as missing")
REFUSED = re.compile(r"[\[\]<]")  # by XGBoost, in the name of a feature


def table(context: ContextSpec, dataset: DatasetSpec, profile: TableProfile) -> dict[str, Any]:
    """What the task is about, which every context tells; of the values only those it shows.

    Which value is the positive one is the question that is asked, not something of the data.
    """
    kinds = {column.name: column.type for column in profile.columns}
    return {
        "file": profile.file,
        "sheet": dataset.sheet,
        "about": profile.description,
        "task": dataset.task.value,
        "target": profile.target,
        "target_type": kinds.get(profile.target or "", "text"),
        "positive": dataset.positive,
        "positive_means": dataset.positive_means,
        "classes": list(profile.classes) if Part.BALANCE in context.shows else [],
        "row": dataset.row,
        "rows": dataset.plural,
        "units": dict(dataset.units) if Part.UNITS in context.shows else {},
    }


def shown(context: ContextSpec, profile: TableProfile) -> TableProfile:
    """The profile with what the context does not show emptied; without its columns' names, none."""
    columns = profile.columns if Part.NAMES in context.shows else ()
    return profile.model_copy(
        update=_emptied(profile, OF_TABLE, context.shows)
        | {"columns": tuple(_column(one, context.shows) for one in columns)}
    )


def known(profile: TableProfile) -> dict[str, Any]:
    """Which columns ask for which step of the work, by name, as far as the profile shows it.

    ``rows`` is None where it is not shown. The target is in none of the lists; ``others`` has all
    columns but it.
    """
    target = [column for column in profile.columns if column.name == profile.target]
    others = [column for column in profile.columns if column.name != profile.target]

    def names(holds: Callable[[ColumnProfile], bool]) -> list[str]:
        return [column.name for column in others if holds(column)]

    texts = [c for c in others if c.type == "text" and not _noted(c, "identifier", "free text")]
    words = [c for c in texts if not _noted(c, "numbers", "dates", "whole numbers")]
    return {
        "rows": profile.rows or None,
        "file_notes": list(profile.reading),
        "columns": len(profile.columns),
        "others": [column.name for column in others],
        "numbers": names(lambda c: c.type in ("integer", "real")),
        "blanks": names(lambda c: _noted(c, NUMBERS) and not _notated(c)),
        "notated": names(lambda c: _noted(c, NUMBERS) and _notated(c)),
        "dates": names(lambda c: c.type in ("date", "timestamp") or _noted(c, "dates stored")),
        "booleans": names(lambda c: c.type == "boolean"),
        "identifiers": names(lambda c: _noted(c, "identifier")),
        "free_texts": names(lambda c: _noted(c, "free text")),
        "constants": names(lambda c: c.type == "empty" or c.quirks[:1] == ("constant",)),
        "categories": [column.name for column in words if column.levels],
        "many_valued": [column.name for column in words if not column.levels],
        "missing": names(_misses),
        "target_misses": any(map(_misses, target)),
        "single": _single(profile),
        "refused": _refused(others),
        "odd_names": names(lambda c: not c.name.isidentifier() or keyword.iskeyword(c.name)),
    }


def row_counts(profile: TableProfile) -> tuple[int, int]:
    """How many rows the table has, and how many of them have a target."""
    blank = sum(one.missing for one in profile.columns if one.name == profile.target)
    return profile.rows, profile.rows - blank


def stored_as_text(profile: TableProfile) -> tuple[str, ...]:
    """The columns, without the target, whose numbers the table stores as text."""
    columns = (one for one in profile.columns if one.name != profile.target)
    return tuple(one.name for one in columns if _noted(one, NUMBERS))


def _column(column: ColumnProfile, shows: Iterable[Part]) -> ColumnProfile:
    return column.model_copy(update=_emptied(column, OF_COLUMN, shows))


def _emptied(
    record: ColumnProfile | TableProfile,
    fields: dict[Part, tuple[str, ...]],
    shows: Iterable[Part],
) -> dict[str, Any]:
    hidden = [name for part, names in fields.items() if part not in shows for name in names]
    return {name: NOTHING.get(name, _nothing(getattr(record, name))) for name in hidden}


def _nothing(value: object) -> object:
    return () if isinstance(value, tuple) else 0 if isinstance(value, int) else None


def _noted(column: ColumnProfile, *beginnings: str) -> bool:
    return any(quirk.startswith(beginnings) for quirk in column.quirks)


def _notated(column: ColumnProfile) -> bool:
    """Whether its numbers are written otherwise than Python writes them, as the quirk shows."""
    return any(quirk.startswith(NUMBERS) and ", such as " in quirk for quirk in column.quirks)


def _misses(column: ColumnProfile) -> bool:
    return column.missing > 0 or any(map(LOST.match, column.quirks))


def _single(profile: TableProfile) -> bool:
    """Whether some value of the target is that of one row only, as far as all are shown."""
    shares = [share for _, share in profile.target_balance]
    whole = len(shares) == len(profile.classes) > 0
    return whole and 0 < min(shares) * profile.rows < 1.5


def _refused(columns: Iterable[ColumnProfile]) -> bool:
    """Whether names of features would hold what XGBoost refuses in them."""
    told = (text for c in columns for text in (c.name, *(value for value, _ in c.levels)))
    return any(map(REFUSED.search, told))
