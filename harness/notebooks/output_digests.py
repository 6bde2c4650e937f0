"""What a cell showed, as digests that are the same where a person would see the same.

Memory addresses, times, durations, and the line of a cell that a message points to are left out of
account, as is how a stream was cut into pieces.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

# Each is linear: no two parts of one can match the same characters in more than one way.
CHANGING = (
    (re.compile(r"\b0x[0-9a-fA-F]{1,16}\b"), "ADDRESS"),
    (re.compile(r"ipykernel_[0-9]{1,20}/[0-9]{1,20}(?:\.py:[0-9]{1,9})?"), "CELL"),
    (re.compile(r"\([0-9]{1,20}\.py, line [0-9]{1,9}\)"), "(LINE)"),
    (re.compile(r"\b[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"), "TIME"),
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:TIME|[0-9]{2}:[0-9]{2}\b)"), "TIME"),
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9.]{2,12}"), "TIME"),
    (re.compile(r"\b[0-9]{1,12}(?:\.[0-9]{1,12})? ?(?:ns|µs|us|ms|s|sec|seconds)\b"), "DURATION"),
    (re.compile(r"\b[0-9]{1,12}(?:\.[0-9]{1,12})? ?(?:it/s|s/it)\b"), "SPEED"),
)
Shown = tuple[str, str]
"""What kind of output it is, such as ``stdout`` or ``image/png``, and its digest."""


def of(outputs: Iterable[Mapping[str, Any]]) -> tuple[Shown, ...]:
    """The digests of a code cell's outputs (nbformat dicts), in order."""
    found: list[Shown] = []
    for stream, group in groupby(outputs, _stream_of):
        if stream is not None:
            found.append((stream, _digest("".join(_text(one.get("text", "")) for one in group))))
            continue
        for output in group:
            found += _one(output)
    return tuple(found)


def difference(before: tuple[Shown, ...], after: tuple[Shown, ...]) -> str | None:
    """The kind of the first output that differs; None where all are the same."""
    for old, new in zip(before, after, strict=False):
        if old != new:
            return old[0]
    longer = max(before, after, key=len)
    shorter = min(len(before), len(after))
    return longer[shorter][0] if len(longer) > shorter else None


def _stream_of(output: Mapping[str, Any]) -> str | None:
    return str(output.get("name", "stdout")) if output.get("output_type") == "stream" else None


def _one(output: Mapping[str, Any]) -> list[Shown]:
    if output.get("output_type") == "error":
        return [("error", _digest(f"{output.get('ename')}: {output.get('evalue')}"))]
    data = output.get("data", {})
    return [(kind, _digest(_text(data[kind]))) for kind in sorted(data)]


def _text(value: object) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "".join(value)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _digest(text: str) -> str:
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
