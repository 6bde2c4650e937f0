"""A problem file, packed with gzip or not, JSON or JSON lines, as a suite."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness import files
from harness.errors import ConfigError, HarnessError, UnknownNameError
from harness.suites.formats import finder
from harness.suites.problems import Entry, ProblemId, Suite

MOST_BYTES = 256 << 20  # of a file, packed and unpacked
GZIP = b"\x1f\x8b"
ENDINGS = re.compile(r"(\.(jsonl?|gz|ndjson))+$", re.IGNORECASE)


def read(path: Path) -> Suite:
    """The problems of a file, in its order.

    Raises ConfigError with the file and the line where it cannot be read, or is of no known format.
    """
    blob = _bytes(path)
    rows = _rows(path, _unpacked(path, blob))
    found = finder.of(rows[0][1]) if rows else None
    if found is None:
        known = ", ".join(finder.formats())
        raise ConfigError(path, 1, "its problems are of no known format", f"Known: {known}")
    entries: dict[ProblemId, Entry] = {}
    for line, row in rows:
        entry = _entry(path, line, found, row)
        if entry.problem.id in entries:
            raise ConfigError(path, line, f"the problem '{entry.problem.id}' stands there twice")
        entries[entry.problem.id] = entry
    name = re.sub(r"[^A-Za-z0-9._-]", "-", ENDINGS.sub("", path.name)).strip(".-") or "suite"
    digest = hashlib.sha256(blob).hexdigest()
    return Suite(
        name=name[:80],
        format=found.name,
        sha256=digest,
        entries=tuple(entries.values()),
        style=found.style,
    )


def ids(path: Path) -> tuple[ProblemId, ...]:
    """A JSON list of ids of problems, texts or numbers. Raises ConfigError."""
    try:
        found = json.loads(_bytes(path))
    except (ValueError, RecursionError) as error:
        raise ConfigError(path, None, f"not valid JSON ({type(error).__name__})") from None
    if not isinstance(found, list) or not all(isinstance(one, str | int) for one in found):
        raise ConfigError(path, 1, "expected a JSON list of ids of problems")
    return tuple(dict.fromkeys(map(str, found)))


def chosen(
    suite: Suite, only: Iterable[ProblemId] | None, limit: int | None, seed: int
) -> tuple[Entry, ...]:
    """The entries asked for, in the file's order: those of ``only``, and of these ``limit``.

    Which these are depends on ``seed`` alone, and a larger limit holds those of a smaller one.
    Raises UnknownNameError where there is no such problem.
    """
    entries: Sequence[Entry] = suite.entries
    if only is not None:
        wanted, known = set(only), {entry.problem.id for entry in entries}
        for missing in sorted(wanted - known):
            raise UnknownNameError(f"problem of {suite.name}", missing, known)
        entries = [entry for entry in entries if entry.problem.id in wanted]
    if limit is not None and limit < len(entries):
        order = list(range(len(entries)))
        random.Random(seed).shuffle(order)  # noqa: S311 - a sample, not a secret
        entries = [entries[at] for at in sorted(order[:limit])]
    if not entries:
        raise HarnessError("no problem is left to ask", "Look at --only and --limit")
    return tuple(entries)


def _bytes(path: Path) -> bytes:
    try:
        return files.read(path, MOST_BYTES)
    except OSError as error:
        raise ConfigError(path, None, f"it cannot be read ({error.strerror})") from None


def _unpacked(path: Path, blob: bytes) -> str:
    try:
        if blob.startswith(GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(blob)) as packed:
                blob = packed.read(MOST_BYTES + 1)
        if len(blob) > MOST_BYTES:
            raise ConfigError(path, None, f"it unpacks to more than {MOST_BYTES >> 20} MB")
        return blob.decode()
    except (OSError, EOFError, ValueError) as error:
        raise ConfigError(path, None, f"it cannot be read ({error})") from None


def _rows(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    """(line, row) of each problem: lines of JSON, a list, or an object of them."""
    lines = [(number, one) for number, one in enumerate(text.split("\n"), 1) if one.strip()]
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, list):
        rows = [(1, row) for row in whole]
    elif isinstance(whole, dict) and whole and all(isinstance(v, dict) for v in whole.values()):
        rows = [(1, row) for row in whole.values()]
    else:
        rows = [(number, _json(path, number, line)) for number, line in lines]
    for number, row in rows:
        if not isinstance(row, dict):
            raise ConfigError(path, number, "expected an object for each problem")
    return rows


def _json(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        why = getattr(error, "msg", type(error).__name__)
        raise ConfigError(path, number, f"not valid JSON: {why}") from None


def _entry(path: Path, line: int, found: finder.Format, row: dict[str, Any]) -> Entry:
    try:
        return found.entry(row)
    except KeyError as error:
        raise ConfigError(path, line, f"a problem of {found.name} lacks {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ConfigError(path, line, f"no problem of {found.name} ({why})") from None
    except (TypeError, ValueError, AttributeError, SyntaxError) as error:
        raise ConfigError(path, line, f"no problem of {found.name} ({error})") from None
