"""Which rows are held out: told in SQL, in one pass over the file, and never by the target.

- By a hash of the features: the same rows whatever their order and how they are written, and rows
  with the same features stay together. With the target in it, whoever knows the features and the
  rule could tell most labels.
- By a hash of the group's value: whole groups. A row without a value is a group of its own.
- The latest by a column, see ``latest``; among rows of the value at which the share is reached, the
  hash of the features decides.

The hash is MD5, which every version of the library computes alike. Its hexadecimal digits are
compared as text with those of the share, as if both stood behind a point.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import UnknownNameError
from harness.profiles.columns import LONGEST_VALUE, cut, many
from harness.profiles.dialects import printable, wrong
from harness.profiles.tables import Table, target_of
from harness.project.holdouts import latest
from harness.records import HeldCounts, Holdout

RULE = 3  # part of every split's name. 1: by the row and its target; 2: by SHA-256 of the features
DIGITS = 16  # of a share
APART = "chr(31)"  # between fields; where fields hold it, rows that differ may share their fate
MOST_CLASSES = 1000  # that are counted
NO_HOLDOUT = "Set holdout = 0 in its dataset.toml"
OTHERWISE = "Hold rows out by another column, or by share alone"


def chosen(
    table: Table, holdout: Holdout, target: str | None, salt: str = ""
) -> tuple[bytearray, HeldCounts]:
    """A byte for each row in the file's order, 1 where it is held out, and how many rows these are.

    With another ``salt``, other rows or groups.

    Raises UnknownNameError where the holdout names a column that is missing, and DataError where
    that one has no order or no groups, or where no row would be left.
    """
    place = target_of(table, target) if target is not None else None
    features = [f"c{i}" for i in range(len(table.columns)) if i != place]
    if not features:
        what = "has no column but its target, so no rows can be held out"
        raise wrong(table.path, what, NO_HOLDOUT)
    row = _hash(features, salt)
    if holdout.by is not None:
        condition = _latest(table, holdout, row)
    elif holdout.group is not None:
        condition = _whole_groups(table, holdout, row, salt)
    else:
        condition = _below(row, holdout.share)
    label = "NULL" if place is None else f"left(CAST(c{place} AS VARCHAR), {LONGEST_VALUE})"
    made, labels = table.mask(condition, label)
    held = sum(made)
    if not made:
        raise wrong(table.path, "has a header but no rows", "Give a table with some rows")
    if held == len(made):
        what = f"has too few rows to hold {holdout.share:g} of them out: none are left"
        raise wrong(table.path, what, f"{NO_HOLDOUT}, or give a larger table")
    labels.pop("", None)
    classes = tuple(labels.most_common()) if len(labels) <= MOST_CLASSES else ()
    return made, HeldCounts(rows=len(made), held=held, classes=classes)


def _hash(columns: Sequence[str], salt: str = "") -> str:
    """The hash of some columns as text, with all line ends inside of values alike."""
    fields = (f"coalesce(CAST({column} AS VARCHAR), '')" for column in columns)
    text = f"concat('{RULE}{salt}', {f', {APART}, '.join(fields)})"
    return f"md5(replace(replace({text}, chr(13) || chr(10), chr(10)), chr(13), chr(10)))"


def _below(digest: str, share: float) -> str:
    """Whether a hash is among the least ``share`` of all that there may be."""
    return f"{digest} < '{_limit(share)}'"


def _limit(share: float) -> str:
    most = 16**DIGITS - 1
    return f"{min(int(share * (most + 1)), most):0{DIGITS}x}"


def _whole_groups(table: Table, holdout: Holdout, row: str, salt: str) -> str:
    """Whole groups; one at least is held out, and one at least is not, however few there are."""
    name = holdout.group or ""
    value = f"nullif(CAST(c{column_of(table, name)} AS VARCHAR), '')"
    own, limit = _hash([value], salt), _limit(holdout.share)
    asked = f"count(DISTINCT {own}), min({own}), max({own})"
    groups, first, last = table.query(asked, f"WHERE {value} IS NOT NULL")[0]
    if groups < 2:
        what = f"has {many(groups, 'group')} by '{cut(name)}', so no whole one can be held out"
        raise wrong(table.path, what, OTHERWISE)
    taken = f"<= '{first}'" if first >= limit else f"< '{min(last, limit)}'"
    return f"CASE WHEN {value} IS NULL THEN {_below(row, holdout.share)} ELSE {own} {taken} END"


def _latest(table: Table, holdout: Holdout, row: str) -> str:
    """Whether a row is among the latest ``share`` of those that have a value."""
    name = holdout.by or ""
    value = latest.order(table, column_of(table, name))
    border = f"quantile_disc({value}, {1 - holdout.share!r})"
    rows, at, kind = table.query(f"count({value}), CAST({border} AS VARCHAR), typeof({border})")[0]
    if not rows:
        what = f"has no values in column '{cut(name)}', by which rows are held out"
        raise wrong(table.path, what, OTHERWISE)
    border = f"CAST('{at}' AS {kind})"  # of a number or a date, so no text of the file is in it
    asked = (f"count(CASE WHEN {value} {sign} {border} THEN 1 END)" for sign in ">=")
    above, equal = table.query(", ".join(asked))[0]
    rest = _below(row, max(0, holdout.share * rows - above) / equal)
    return f"{value} > {border} OR ({value} = {border} AND {rest})"


def column_of(table: Table, name: str) -> int:
    """The place of a column that a holdout names. Raises UnknownNameError, with the nearest."""
    names = [one for one, _ in table.columns]
    if name not in names:
        raise UnknownNameError("column", printable(name), map(printable, names))
    return names.index(name)
