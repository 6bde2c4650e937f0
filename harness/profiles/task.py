"""Which task a target poses, guessed from its values and said in a sentence a person can overrule.

Two values are binary; a few texts or small whole numbers are classes; other numbers are a
regression, be they skewed, negative or written as text; no target leaves a table to explore.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from harness.errors import MOST_LISTED, DataError
from harness.profiles import columns, sql
from harness.profiles.columns import cut, many, quoted
from harness.profiles.dialects import printable
from harness.profiles.tables import open_table, target_of
from harness.records import ColumnProfile, Record, TableProfile, Task

COUNTED = 2000  # values of a target that are told apart
MOST_CLASSES = 100  # more, and it is rather a name than a class
MOST_ORDERED = 1000  # classes whose order a profile keeps
FEW_NUMBERS = 10  # whole numbers that may be classes
GREATEST = 100  # of such numbers: larger ones are amounts or years
ROWS_EACH = 5  # of a class, below which nothing can be learned or judged
MANY_MISSING = 1 / 3  # share of the rows
RARE = 0.05  # share of the rows
NAMED = 3  # values in a sentence
YES = {
    *("yes", "y", "true", "t", "on", "ja", "j", "oui", "si", "sí", "sì", "sim", "tak", "da"),
    *("positive", "pos", "+", "present", "case", "fraud", "default", "spam", "malignant", "sick"),
    *("ill", "disease", "dead", "died", "deceased", "left", "gone", "lost", "quit", "failed"),
    *("failure", "cancelled", "canceled", "defective", "late", "stolen", "infected"),
}
NO = {
    *("no", "n", "false", "f", "off", "nein", "non", "não", "nao", "nie", "negative", "neg", "-"),
    *("absent", "control", "none", "normal", "benign", "healthy", "ham", "legitimate", "alive"),
    *("stayed", "kept", "retained", "existing", "active", "ok", "on time", "intact"),
}
DENIED = re.compile(r"(no|not|non|never|without|kein|nicht)[\s_-]\s*\S.*")
WHOLE = re.compile(r"[+-]?[0-9]{1,18}(\.0*)?")


class Target(Record):
    """A target as it was counted over all rows; what is missing is none of its values."""

    column: ColumnProfile
    rows: int  # of the table
    present: int  # rows that hold a value
    counts: tuple[tuple[str, int], ...]  # (value, rows), most frequent first; () where too many


class Guess(Record):
    """A task, which of two values is the positive one, and why."""

    task: Task
    why: str
    positive: str | None = None
    why_positive: str = ""
    warnings: tuple[str, ...] = ()


EXPLORE = Guess(task=Task.EXPLORE, why="no target is named")


def look(path: Path, profile: TableProfile, name: str) -> Target:
    """A column of a table as a target. Raises DataError, with the nearest names, for no column."""
    with open_table(path) as table:
        at = target_of(table, name)
    present, counts = count(path, name)
    return Target(column=profile.columns[at], rows=profile.rows, present=present, counts=counts)


def count(path: Path, name: str) -> tuple[int, tuple[tuple[str, int], ...]]:
    """How many rows have a value in a column, and of each value, the most frequent first.

    Values are left out where more than ``COUNTED`` differ.
    """
    with open_table(path) as table:
        column = f"CAST(c{target_of(table, name)} AS VARCHAR)"
        missing = f"{column} IS NULL OR {column} = '' OR {sql.BLANK}"
        missing += f" OR {sql.NOT_VALUE}" if table.dialect else ""
        where = f"WHERE NOT ({missing})".replace("@", column)
        present = int(table.query("count(*)", where)[0][0])
        order = f"GROUP BY value ORDER BY number DESC, value LIMIT {COUNTED + 1}"
        found = table.query(f"{column} AS value, count(*) AS number", f"{where} {order}")
    counts = tuple((str(value), int(number)) for value, number in found)
    return present, counts if len(counts) <= COUNTED else ()


def guess(target: Target | None, task: Task | None = None, positive: str | None = None) -> Guess:
    """The task of a target, or why the one asked for suits it; None for no target.

    Raises DataError where there is nothing to predict, or where what is asked for contradicts it.
    """
    if target is None:
        if task is not None and task is not Task.EXPLORE:
            raise DataError(f"--task {task.value} predicts a column", "Name it: --target COLUMN")
        if positive is not None:
            raise DataError("--positive is a value of a target", "Name it: --target COLUMN")
        return EXPLORE
    _refuse(target, task)
    if positive is not None and task in (None, Task.BINARY):
        made = _with_positive(target, positive)
    elif positive is not None and task is not None:
        raise DataError(f"--positive means nothing for {task.value}", "Leave one of the two out")
    else:
        made = _asked(target, task) if task else _seen(target)
    return made.model_copy(update={"warnings": (*made.warnings, *_warnings(target, made.task))})


def is_amount(column: ColumnProfile) -> bool:
    """Whether a column holds numbers, however they are stored."""
    as_text = any(quirk.startswith(columns.AS_TEXT) for quirk in column.quirks)
    return column.type in ("integer", "real") or as_text


def _name(target: Target) -> str:
    return printable(cut(target.column.name))


def _refuse(target: Target, task: Task | None) -> None:
    """Raise DataError for a column that nothing can be learned from, or about."""
    name, column, distinct = _name(target), target.column, target.column.distinct
    other = "Name another column with --target, or leave it out to explore the table"
    if task is Task.EXPLORE:
        raise DataError(f"nothing is predicted in a task of explore, not even '{name}'", other)
    if not target.present:
        raise DataError(f"the target '{name}' has no values", other)
    if len(target.counts) == 1:
        value = printable(quoted(target.counts[0][0]))
        raise DataError(f"the target '{name}' is {value} in every row that has one", other)
    if column.type in {"nested", "binary"}:
        raise DataError(f"the target '{name}' holds {column.type} values", other)
    dated = task is None and any(quirk.startswith("dates stored") for quirk in column.quirks)
    if dated or column.type in ("date", "timestamp", "time"):
        raise DataError(f"the target '{name}' holds dates, which no task predicts", other)
    identifies = any(quirk.startswith("identifier") for quirk in column.quirks)
    differs = len(target.counts) == target.present if target.counts else distinct >= target.present
    if task is not Task.REGRESSION and (
        identifies or (differs and not is_amount(column)) or _is_sequence(target)
    ):
        hint = f"{other}; if it is an amount, --task regression" if is_amount(column) else other
        message = f"the target '{name}' differs in every row, as an identifier does"
        raise DataError(message, hint)


def _is_sequence(target: Target) -> bool:
    """Whole numbers that all differ, and too few of them for the profile to call it a key."""
    numbers = [int(value) for value, _ in target.counts if re.fullmatch(r"-?[0-9]{1,18}", value)]
    if not len(numbers) == len(target.counts) == target.present > 2:
        return False
    return max(numbers) - min(numbers) + 1 == len(numbers)


def _asked(target: Target, task: Task) -> Guess:
    """What a person asked for, where the column allows it."""
    name, distinct = _name(target), len(target.counts) or target.column.distinct
    why = "as asked for"
    if task is Task.REGRESSION and not is_amount(target.column):
        example = printable(quoted((target.counts or ((target.column.examples[0], 1),))[0][0]))
        message = f"the target '{name}' holds {example}, which is no number to predict"
        raise DataError(message, "Choose --task binary or multiclass")
    if task is Task.MULTICLASS and not 0 < len(target.counts) <= MOST_ORDERED:
        message = f"the target '{name}' has {distinct:,} values, too many for classes"
        raise DataError(message, "Choose --task regression, or another column")
    if task is Task.BINARY:
        if len(target.counts) != 2:
            message = f"the target '{name}' has {many(distinct, 'value')}, and binary asks for two"
            hint = "Name the one that is asked for with --positive, or choose --task multiclass"
            raise DataError(message, f"{hint}; it has: {_listed(target.counts)}")
        return _binary(target.counts, why)
    return Guess(task=task, why=why)


def _seen(target: Target) -> Guess:
    """What the values say."""
    counts, column = target.counts, target.column
    name = f"'{_name(target)}'"
    if len(counts) == 2:
        return _binary(counts, f"{name} has two values")
    values = [value for value, _ in counts]
    if is_amount(column):
        if _are_codes(values, target.present):
            why = f"{name} has few small whole numbers, {_span(values)}"
            return Guess(task=Task.MULTICLASS, why=f"{why}; if they are amounts, --task regression")
        stored = ", stored as text" if column.type == "text" else ""
        many_values = f"{len(counts) or column.distinct:,} different values"
        return Guess(task=Task.REGRESSION, why=f"{name} holds numbers{stored}, {many_values}")
    if not counts or len(counts) > MOST_CLASSES:
        number = len(counts) or column.distinct
        message = f"the target {name} has {number:,} different texts, too many for classes"
        hint = "Name another column, or say --task multiclass if they are classes all the same"
        raise DataError(message, hint if 0 < number <= MOST_ORDERED else "Name another column")
    return Guess(task=Task.MULTICLASS, why=f"{name} has {len(counts)} different texts")


def _are_codes(values: Sequence[str], rows: int) -> bool:
    """Whether numbers are rather names of classes: few, small, whole, and each in several rows."""
    if not 0 < len(values) <= FEW_NUMBERS or len(values) * ROWS_EACH > rows:
        return False
    stripped = [value.strip() for value in values]
    return all(WHOLE.fullmatch(one) and 0 <= float(one) <= GREATEST for one in stripped)


def _span(values: Sequence[str]) -> str:
    numbers = sorted(float(value) for value in values)
    return f"from {numbers[0]:g} to {numbers[-1]:g}"


def _with_positive(target: Target, positive: str) -> Guess:
    """Binary, because a positive value is named: it against the other, or against all others."""
    name, values = _name(target), [value for value, _ in target.counts]
    if positive not in values:
        folded = [value for value in values if value.strip().casefold() == positive.casefold()]
        near = list(dict.fromkeys(folded + get_close_matches(positive, values, cutoff=0.8)))
        known = [(value, rows) for value, rows in target.counts if value in (near or values)]
        what = "nearest" if near else "it has"
        message = f"no row has the positive value '{printable(cut(positive))}' in '{name}'"
        raise DataError(message, f"{what[0].upper()}{what[1:]}: {_listed(known)}" if known else "")
    why = "a positive value is named"
    if len(values) > 2:
        why += f", which stands against {many(len(values) - 1, 'other value')}"
    return Guess(task=Task.BINARY, positive=positive, why=why, why_positive="as asked for")


def _binary(counts: Sequence[tuple[str, int]], why: str) -> Guess:
    positive, why_positive = _positive(counts)
    return Guess(task=Task.BINARY, why=why, positive=positive, why_positive=why_positive)


def _positive(counts: Sequence[tuple[str, int]]) -> tuple[str, str]:
    """Which of two values is the positive one, and why."""
    values = [value for value, _ in counts]
    folded = {value: value.strip().casefold() for value in values}
    numbers = sorted((float(one), value) for value, one in folded.items() if WHOLE.fullmatch(one))
    if len(numbers) == 2 and numbers[0][0] <= 0 < numbers[1][0]:
        return numbers[1][1], "it is above zero, and the other is not"
    yes = [value for value in values if folded[value] in YES]
    if len(yes) == 1:
        return yes[0], "it says that something is so"
    others = [v for v in values if folded[v] not in NO and not DENIED.fullmatch(folded[v])]
    if len(others) == 1:
        return others[0], "the other one says no"
    if counts[0][1] == counts[1][1]:
        return max(values), "both are as frequent, and it is the last by name"
    return counts[1][0], "it is the rarer one"


def _warnings(target: Target, task: Task) -> tuple[str, ...]:
    """What a person should know before they trust what comes of it."""
    said = []
    lost = target.rows - target.present
    if lost:
        share = lost / target.rows
        much = ", a third or more" if share >= MANY_MISSING else ""
        said.append(f"missing in {many(lost, 'row')} ({share:.1%}{much}): those rows are left out")
    if not task.has_classes or not target.counts:
        return tuple(said)
    rare = [(value, rows) for value, rows in target.counts if rows < ROWS_EACH]
    if rare:
        noun = "value has" if len(rare) == 1 else "values have"
        said.append(
            f"{len(rare)} {noun} fewer than {ROWS_EACH} rows, too few to judge: {_listed(rare)}"
        )
    value, least = target.counts[-1]
    if not rare and least < RARE * target.present and len(target.counts) <= FEW_NUMBERS:
        said.append(
            f"imbalanced: {printable(quoted(value))} in {least / target.present:.1%} of the rows, "
            "so accuracy says little"
        )
    alike = {value.strip().casefold() for value, _ in target.counts}
    if len(alike) < len(target.counts):
        said.append("some of its values differ only in case or in spaces around them")
    if len(target.counts) > MOST_CLASSES:
        said.append(f"{len(target.counts):,} classes are many")
    return tuple(said)


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    listed = ", ".join(printable(quoted(value)) for value, _ in counts[:MOST_LISTED])
    return listed + (", …" if len(counts) > MOST_LISTED else "")
