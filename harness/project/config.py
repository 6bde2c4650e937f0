"""Reads the project's TOML files into records; what is wrong is told by file and line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import ConfigError

R = TypeVar("R", bound=BaseModel)
MOST_BYTES = 1 << 20
# tomllib says where only in its message, before Python 3.14.
AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def read_text(path: Path) -> str:
    """A small UTF-8 text file. Raises ConfigError where it is missing, huge or not UTF-8."""
    try:
        blob = path.read_bytes()[: MOST_BYTES + 1]
    except FileNotFoundError:
        raise ConfigError(path, None, "no such file") from None
    except OSError as error:
        raise ConfigError(path, None, f"cannot be read ({error.strerror})") from None
    if len(blob) > MOST_BYTES:
        raise ConfigError(
            path, None, f"larger than {MOST_BYTES >> 20} MB, so not what it should be"
        )
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
        first = invalid.errors()[0]
        keys = tuple(str(key) for key in first["loc"])
        where = ".".join((*table, *keys))
        expected = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            expected = f"unknown key; known: {', '.join(kind.model_fields)}"
        if first["type"] == "missing":
            expected = "this key is required"
        more = len(invalid.errors()) - 1
        hint = f"({more} more of the kind follow)" if more else ""
        line = line_of(read_text(path), (*table, *keys))
        raise ConfigError(path, line, f"{where}: {expected}", hint) from None


def line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The 1-based line on which a key stands, or else the nearest table or key above it."""
    table: tuple[str, ...] = ()
    best: tuple[int, int] | None = None  # (depth matched, line)
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        assignment = re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line)
        if header:
            table = _split(header.group(1))
            here = table
        elif assignment:
            here = (*table, *_split(assignment.group(1)))
        else:
            continue
        depth = len(here)
        if keys[:depth] == here and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None


def _split(dotted: str) -> tuple[str, ...]:
    parts = re.findall(r"\"[^\"]*\"|'[^']*'|[^.\s]+", dotted)
    return tuple(part.strip("\"'") for part in parts)
