"""Writes the ``dataset.toml`` of a new dataset, with a line and the facts for each column.

Names of columns and meanings may hold anything. What is written is read back before it counts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from harness.errors import HarnessError
from harness.project import config
from harness.records import ColumnProfile, DatasetSpec, TableProfile, Task

BARE = re.compile(r"[A-Za-z0-9_-]+")
MOST = config.MOST_BYTES // 2  # bytes; above it a file could no longer be read, once edited
LONGEST_FACT = 160  # characters of a comment
MOST_VALUES = 6  # in a comment
TASKS = ", ".join(task.value for task in Task)
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ROWS = """
# What a row is, for the prompts: "visitor"; and several of them, where an s is not enough.
# row = "row"
# rows = "rows"
"""
MEANS = """# What it means in words, such as "the visitor came back":
# positive_means = ""
"""
THRESHOLDS = """
# What predictions of held-out rows have to reach. Without it that is a share of what the
# harness's own small model reaches.
# [thresholds]
# {metric} = {figure}
"""
COLUMNS = """
# What each column means: prompts quote it, so this is where to spend five minutes.
[columns]
"""
UNITS = """
[units]
"""
NO_UNITS = """
# What numbers are measured in.
# [units]
# {column} = "…"
"""


def text(spec: DatasetSpec, profile: TableProfile, metric: str | None = None) -> str:
    """The file, which reads back to ``spec``. ``metric`` is the one that a threshold may be of."""
    bare = spec.model_copy(update={"columns": {}})
    for written, facts in ((spec, True), (spec, False), (bare, False)):
        full = "".join(_parts(written, profile, metric, facts=facts))
        if len(full.encode()) <= MOST:
            break
    read = DatasetSpec.model_validate({**tomllib.loads(full), "name": spec.name})
    if read != written:
        raise HarnessError("the dataset.toml that was made does not read back", "Please report it")
    return full


def literal(value: str) -> str:
    """A text as TOML's basic string; what is not printable is escaped."""
    return '"' + "".join(map(_escaped, value)) + '"'


def key(name: str) -> str:
    """A column's name as a key of TOML."""
    return name if BARE.fullmatch(name) else literal(name)


def _escaped(char: str) -> str:
    if char in ESCAPES:
        return ESCAPES[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _parts(
    spec: DatasetSpec, profile: TableProfile, metric: str | None, *, facts: bool
) -> Iterator[str]:
    yield from _head(spec, profile)
    if metric is not None:
        yield THRESHOLDS.format(metric=metric, figure="0.8")
    yield COLUMNS
    for column in profile.columns:
        if column.name in spec.columns:
            comment = f"  # {_facts(column, spec.target)}" if facts else ""
            yield f"{key(column.name)} = {literal(spec.columns[column.name])}{comment}\n"
    if spec.units:
        yield UNITS
        yield from (f"{key(name)} = {literal(unit)}\n" for name, unit in spec.units.items())
    elif numbers := [one for one in profile.columns if _measures(one)]:
        yield NO_UNITS.format(column=key(numbers[0].name))


def _measures(column: ColumnProfile) -> bool:
    is_key = any(quirk.startswith("identifier") for quirk in column.quirks)
    return column.type in ("integer", "real") and not is_key


def _head(spec: DatasetSpec, profile: TableProfile) -> Iterator[str]:
    yield "# One or two sentences on what the rows are: prompts quote them.\n"
    yield f"description = {literal(spec.description)}\n"
    yield ROWS
    yield f"\n# What the target asks for: {TASKS} (which has no target).\n"
    yield f"task = {literal(spec.task.value)}\n"
    if spec.target is not None:
        yield f"target = {literal(spec.target)}\n"
    if spec.positive is not None:
        yield f"positive = {literal(spec.positive)}  # of which probabilities are\n{MEANS}"
    if spec.task is not Task.EXPLORE:
        yield from _holdout(spec, profile)
    yield "\n# The table, as generated code finds it.\n"
    yield f"file = {literal(spec.file)}\n"
    if spec.path is not None:
        yield f"path = {literal(str(spec.path))}  # where it lies; it is not copied\n"
    if spec.sha256:
        yield f"sha256 = [{', '.join(map(literal, spec.sha256))}]  # as it was when it was added\n"
    if spec.sheet is not None:
        yield f"sheet = {literal(spec.sheet)}\n"


def _holdout(spec: DatasetSpec, profile: TableProfile) -> Iterator[str]:
    yield "\n# The share of the rows that no generated code sees, and that judge what it makes.\n"
    others = [one for one in profile.columns if one.name != spec.target]
    dated = next((one for one in others if one.type in ("date", "timestamp")), None)
    if dated is not None:
        later = f"{{ share = {spec.holdout.share:g}, by = {literal(dated.name)} }}"
        yield f"# The latest rows, rather than any: holdout = {later}\n"
    else:
        group = f"{{ share = {spec.holdout.share:g}, group = {literal('COLUMN')} }}"
        yield f"# Whole groups of rows, rather than any: holdout = {group}\n"
    yield f"holdout = {spec.holdout.share:g}\n"


def _facts(column: ColumnProfile, target: str | None) -> str:
    """What a profile knows of a column, as a comment of one line."""
    said = ["the target"] if column.name == target else []
    said.append(column.type)
    if column.levels:
        values = ", ".join(value for value, _ in column.levels[:MOST_VALUES])
        said.append(values + (", …" if len(column.levels) > MOST_VALUES else ""))
    elif column.minimum is not None:
        said.append(f"{column.minimum} to {column.maximum}")
    elif column.examples and not any("such as" in quirk for quirk in column.quirks):
        said.append(f"such as {column.examples[0]}")
    if absent := column.missing + column.blank:
        said.append(f"{absent:,} missing")
    said += column.quirks
    line = "".join(c if c.isprintable() else "�" for c in "; ".join(said))
    return line if len(line) <= LONGEST_FACT else line[: LONGEST_FACT - 1] + "…"
