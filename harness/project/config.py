"""Reads the project's TOML files into records; an error names the file and the line."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness import files
from harness.errors import MOST_LISTED, ConfigError

R = TypeVar("R", bound=BaseModel)
MOST_BYTES = 1 << 20
# tomllib says where only in its message, before Python 3.14.
AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
PART = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""  # of a key with dots
ASSIGNMENT = re.compile(rf"\s*({PART}(?:\s*\.\s*{PART})*)\s*=")
# Keys that are no longer known, by their table, and what to do instead.
GONE = {
    "checks": {
        "least_auc": "Remove it; [thresholds] of dataset.toml now says what to reach, such as"
        " roc_auc = 0.80, and least_skill which share of the reference's skill",
        "most_auc": "Remove it; the check itself now tells what leaked from the target",
        "field": 'Remove it; an answer holds "prediction", and "probability" or "probabilities"',
    }
}
HEADER = re.compile(rf"\s*\[+\s*({PART}(?:\s*\.\s*{PART})*)\s*\]+")


def read_text(path: Path) -> str:
    """A small UTF-8 text file. Raises ConfigError where it is missing, huge or not UTF-8."""
    try:
        blob = files.read(path, MOST_BYTES)
    except FileNotFoundError:
        raise ConfigError(path, None, "no such file") from None
    except OSError as error:
        raise ConfigError(path, None, f"cannot be read ({error.strerror})") from None
    try:
        return blob.decode()
    except UnicodeDecodeError as error:
        line = blob.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, line, "not UTF-8 text", "Save the file as UTF-8") from None


def read_toml(path: Path) -> dict[str, Any]:
    """The file as a dict. Raises ConfigError naming file and line."""
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = AT_LINE.search(str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        message = AT_LINE.sub("", str(error)).strip()
        raise ConfigError(path, line, f"not valid TOML: {message}") from None


def build(kind: type[R], values: dict[str, Any], path: Path, table: tuple[str, ...] = ()) -> R:
    """``values``, read from ``table`` of the file, as a record. Raises ConfigError."""
    try:
        return kind.model_validate(values)
    except ValidationError as invalid:
        first, *others = invalid.errors()
        keys, expected, hint = _explain(kind, first)
        more = f"({len(others)} more of the kind follow)" if others else ""
        line = line_of(read_text(path), (*table, *keys))
        where = ".".join((*table, *keys))
        message, hint = f"{where}: {expected}", f"{hint} {more}".strip()
        raise ConfigError(path, line, message, hint) from None


def _explain(kind: type[BaseModel], error: ErrorDetails) -> tuple[tuple[str, ...], str, str]:
    """The keys that lead to an error, what was expected there, and a hint."""
    steps, context = error["loc"], error.get("ctx", {})
    if error["type"].startswith("union_tag"):
        steps = (*steps, context["discriminator"].strip("'"))
    keys, known = _place(kind, steps)
    if error["type"] in ("missing", "union_tag_not_found"):
        return keys, "this key is required", ""
    if error["type"] == "extra_forbidden":
        gone = GONE.get(keys[0], {}).get(keys[-1])
        return keys, "unknown key", gone or suggestion(keys[-1], known, len(known))
    if error["type"] == "union_tag_invalid":
        return keys, f"'{context['tag']}' is unknown", suggestion(context["tag"], known, len(known))
    if error["type"] == "enum":
        known = re.findall(r"'([^']*)'", context["expected"])
        return (
            keys,
            f"'{error['input']}' is unknown",
            suggestion(str(error["input"]), known, len(known)),
        )
    return keys, error["msg"].removeprefix("Value error, "), ""


def _place(kind: type[BaseModel], steps: Iterable[str | int]) -> tuple[tuple[str, ...], list[str]]:
    """The keys of the file that lead to an error, and the names known where the last stands."""
    schema = kind.model_json_schema()
    keys: list[str] = []
    known: list[str] = []
    here: dict[str, Any] = schema
    for step in steps:
        while "$ref" in here:
            here = schema["$defs"][here["$ref"].rpartition("/")[2]]
        members = here.get("discriminator", {}).get("mapping", {})
        properties = here.get("properties", {})
        known = list(members or properties)
        if step in members:  # pydantic's step into a member of a union is no key of the file
            here = {"$ref": members[step]}
        else:
            keys.append(str(step))
            here = here.get("items") or properties.get(step) or {}
    return tuple(keys), known


def line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The 1-based line on which a key stands, or else the nearest table or key above it."""
    table: tuple[str, ...] = ()
    entries: Counter[tuple[str, ...]] = Counter()  # of each array of tables
    best: tuple[int, int] | None = None  # (depth matched, line)
    for number, line in enumerate(text.splitlines(), 1):
        header = HEADER.match(line)
        assignment = ASSIGNMENT.match(line)
        if header:
            table = split_key(header.group(1))
            if line.lstrip().startswith("[["):
                entries[table] += 1
                table = (*table, str(entries[table] - 1))
            here = table
        elif assignment:
            here = (*table, *split_key(assignment.group(1)))
        else:
            continue
        if keys and here[: len(keys)] == keys:
            here = keys  # a part of it, where it has no line of its own
        depth = len(here)
        if keys[:depth] == here and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def split_key(dotted: str) -> tuple[str, ...]:
    """The parts of a key with dots, without their quotes and escapes."""
    return tuple(_unquoted(part) for part in re.findall(PART, dotted))


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    try:
        return str(tomllib.loads(f"key = {part}")["key"])
    except tomllib.TOMLDecodeError:
        return part[1:-1]


def suggestion(name: str, known: list[str], most: int = MOST_LISTED) -> str:
    """The nearest of the names that are known, and the first of them all."""
    near = get_close_matches(name, known, n=1)
    listed = ", ".join(known[:most]) + (", …" if len(known) > most else "")
    return (f"Did you mean '{near[0]}'? " if near else "") + f"Known: {listed}"
