"""What ruff says of a notebook's code: its rules of NumPy, pandas and Python's own old names.

Of the families NPY, PD and UP the rules count that speak of what is deprecated or gone; the others
are of style. ``STYLE`` lists these, so that a test sees when ruff has a new one. Comments that tell
ruff to be silent are not heard.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from harness.findings.deprecations import notes
from harness.findings.deprecations.code import Code
from harness.findings.deprecations.noted import Noted, short
from harness.findings.places import Span
from harness.findings.subject import Subject
from harness.notebooks import magics, syntax

COUNTED = {
    "NPY001": "aliases of Python's types, gone since NumPy 1.24",
    "NPY003": "functions that NumPy deprecated",
    "NPY201": "names that NumPy 2 deprecated or took out",
    "PD002": "inplace=True, for the methods that pandas 3.1 deprecates it of",
    "PD007": ".ix, gone since pandas 1.0",
    "UP005": "aliases in unittest, gone since Python 3.12",
    "UP019": "typing.Text, deprecated since Python 3.11",
    "UP023": "xml.etree.cElementTree, gone since Python 3.9",
    "UP035": "imports from where Python deprecated or took them out",
    "UP041": "aliases of TimeoutError that Python calls deprecated",
}
# NPY002: NumPy calls its old random functions legacy, and keeps them. PD012 once was a deprecation
# and was taken back. The rest asks for newer or shorter ways of what goes on working.
STYLE = {
    *("NPY002", "PD003", "PD004", "PD008", "PD009", "PD010", "PD011", "PD012", "PD013", "PD015"),
    *("PD101", "PD901"),
    *(f"UP{number:03}" for number in (1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 20)),
    *(f"UP{number:03}" for number in (21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 36)),
    *(f"UP{number:03}" for number in (37, 38, 39, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52)),
}
LONGEST_CODE = 1_000_000  # characters of all cells
SECONDS = 30.0
VERSION = re.compile(r"(?:NumPy|Python|pandas) \d+(?:\.\d+)*")
INSTEAD = re.compile(r"(?:[Uu]se|replace with|instead:) `([^`]{1,200})`")
PYTHON = "py311"  # the oldest that runs notebooks


def of(subject: Subject, codes: Mapping[str, Code]) -> Iterator[Noted]:
    """What ruff says of all cells that are Python, read together; nothing where it says nothing."""
    readable = [one for one in codes.values() if one.tree is not None]
    sources = tuple(_plain(one) for one in readable)
    if not any(sources) or sum(map(len, sources)) > LONGEST_CODE:
        return
    for one in json.loads(_told(sources)):
        number = one.get("cell") or 1
        if one.get("code") in COUNTED and 1 <= number <= len(readable):
            yield from _noted(one, readable[number - 1], subject.packages)


@lru_cache(maxsize=64)
def _told(sources: tuple[str, ...]) -> str:
    """What ruff prints of cells. Raises FileNotFoundError where it is not installed."""
    from ruff import find_ruff_bin  # type: ignore[import-untyped]  # noqa: PLC0415 - only for code

    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": one}
        for one in sources
    ]
    known = {"language_info": {"name": "python"}}
    book = {"cells": cells, "metadata": known, "nbformat": 4, "nbformat_minor": 5}
    command = [
        *(find_ruff_bin(), "check", "--isolated", "--no-cache", "--ignore-noqa", "--exit-zero"),
        *("--select", ",".join(COUNTED), "--target-version", PYTHON, "--output-format", "json"),
        *("--stdin-filename", "notebook.ipynb", "-"),
    ]
    given = json.dumps(book).encode(errors="replace")
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "[]"
    # Code can be such that its parser gives up; then it has nothing to say.
    return done.stdout.decode(errors="replace") if done.returncode == 0 else "[]"


def _plain(code: Code) -> str:
    """A cell's source with its commands made inert; of a magic of a whole cell, what is below.

    Of a cell that breaks off, or goes on in another language, what stands before: ruff says
    nothing of any cell where one cannot be read.
    """
    lines = code.cell.source.split("\n")
    if code.tree is not None and syntax.tree(code.cell.source) is None:
        lines = lines[: max((one.end_lineno or 0 for one in code.tree.body), default=0)]
    first = magics.cell_magic(lines)
    if first is not None:
        words = lines[first][2:].split()
        if not words or words[0] not in magics.PYTHON_CELL_MAGICS:
            return ""
        lines[first] = ""
    return magics.inert("\n".join(lines))


def _noted(one: Mapping[str, Any], code: Code, packages: Mapping[str, str]) -> Iterator[Noted]:
    start, end = one["location"], one["end_location"]
    span = Span(start["row"], start["column"] - 1, end["row"], end["column"] - 1)
    said = str(one["message"])
    release = VERSION.search(said)
    instead = INSTEAD.search(said)
    name = "ix" if one["code"] == "PD007" else _name(code, span)
    version = release[0] if release else ""
    replacement = instead[1] if instead else None
    if one["code"] == "PD002":
        entry = notes.known().inplace.get(_method(code, span))
        if entry is None or not entry.release.is_in(packages):
            return
        version, replacement = entry.release.told, entry.replacement
    if one["code"] == "UP035" and "typing_extensions" in code.lines[span.line - 1]:
        return
    evidence = f"ruff {one['code']}: {short(said)}"
    since = one["code"] == "PD002"
    yield Noted(
        code.cell.id,
        span,
        name,
        evidence,
        of=_method(code, span),
        since=version if since else "",
        until="" if since else version,
        replacement=replacement,
    )


def _name(code: Code, span: Span) -> str:
    """The last name that stands in a span."""
    text = code.lines[span.line - 1][span.column : span.end_column if _one_line(span) else None]
    if text.startswith(("from ", "import ")):
        return " ".join(text.split())[:100]
    return re.split(r"\W+", text.partition("=")[0].strip())[-1][:100]


def _method(code: Code, span: Span) -> str:
    """What the argument at a span is given to."""
    for one in code.said:
        if one.call and code.span(one) == span:
            return one.call.rpartition(".")[2]
    return ""


def _one_line(span: Span) -> bool:
    return span.line == span.end_line
