"""Findings as SARIF 2.1.0, the format in which editors and code hosts read what tools found.

OASIS Standard, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". A notebook is a
file of JSON, so the region of a result is where the line of a cell stands in that file; the cell,
and the place in it, are told beside. Columns count UTF-16 code units, as the standard's default.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from harness.records import Finding, FindingKind

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
FINGERPRINT = "harnessFinding/v1"
BASE = "PROJECT"  # what addresses are relative to
ABOUT = {
    FindingKind.COLUMNS: "The code names what the data does not have, or uses it as it must not.",
    FindingKind.DEPRECATIONS: "The code calls what is going, or gone.",
    FindingKind.EXPLICITNESS: "The code leaves out what it was not told word for word.",
    FindingKind.COMMENTARY: "The text says otherwise than the code does.",
}
# Of the file that nbformat writes: a key of a cell stands behind three spaces, and a line of its
# source behind four. Nothing that a cell holds can begin a line so, as JSON has no raw line ends.
ID = re.compile(r'   "id": "([^"]*)",?')
SOURCE, FIRST_COLUMN = '   "source": [', 6


class Noted(NamedTuple):
    """The findings of a notebook, its sources by cell, where it lies, and its file's text."""

    findings: Iterable[Finding]
    sources: Mapping[str, str]
    path: str  # relative to the project
    text: str  # empty: not known


def log(version: str, notebooks: Iterable[Noted]) -> dict[str, Any]:
    """A SARIF log of one run of the tool, whose ``version`` is told."""
    results = [result for one in notebooks for result in _results(one)]
    rules = {result["ruleId"]: result["properties"]["kind"] for result in results}
    places = {rule: place for place, rule in enumerate(sorted(rules))}
    for result in results:
        result["ruleIndex"] = places[result["ruleId"]]
    driver = {
        "name": "harness",
        "semanticVersion": version,
        "rules": [
            {"id": rule, "shortDescription": {"text": ABOUT[FindingKind(rules[rule])]}}
            for rule in places
        ],
    }
    about = {"description": {"text": "The folder of the project."}}
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {BASE: about},
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _results(one: Noted) -> Iterator[dict[str, Any]]:
    file = one.text.split("\n")
    starts = _starts(file)
    seen: dict[str, int] = {}
    for finding in one.findings:
        lines = one.sources.get(finding.cell, "").split("\n")
        flagged = lines[finding.line - 1].strip() if finding.line <= len(lines) else ""
        about = "\n".join([finding.kind, finding.rule, finding.cell, flagged])
        seen[about] = seen.get(about, 0) + 1
        digest = hashlib.sha256(f"{about}\n{seen[about]}".encode(errors="replace")).hexdigest()
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(one.path), "uriBaseId": BASE}}
        if region := _region(finding, lines, file, starts.get(finding.cell)):
            place["region"] = region
        cell = {"name": finding.cell, "fullyQualifiedName": f"{one.path}#{finding.cell}"}
        yield {
            "ruleId": f"{finding.kind}/{finding.rule}",
            "level": finding.severity.value,
            "message": {"text": _message(finding)},
            "locations": [{"physicalLocation": place, "logicalLocations": [cell]}],
            "partialFingerprints": {FINGERPRINT: digest},
            "properties": finding.model_dump(mode="json", exclude={"message"}, exclude_none=True),
        }


def _message(finding: Finding) -> str:
    where = f"Cell {finding.cell}, line {finding.line}: {finding.message}"
    if finding.replacement is None:
        return where
    return f"{where} Instead: {finding.replacement}"


def _starts(file: list[str]) -> dict[str, int]:
    """The line, from 1, on which the source of each cell begins in the file that nbformat wrote."""
    found: dict[str, int] = {}
    cell = ""
    for number, line in enumerate(file, 1):
        if named := ID.fullmatch(line):
            cell = named[1]
        elif line == SOURCE:
            found.setdefault(cell, number + 1)
    return found


def _region(
    finding: Finding, lines: list[str], file: list[str], start: int | None
) -> dict[str, int] | None:
    """Where it stands in the file; None where that is not known, as in one that was edited."""
    if start is None or finding.end_line > len(lines):
        return None
    first, last = finding.line - 1, finding.end_line - 1
    for at in (first, last):
        written = json.dumps(lines[at], ensure_ascii=False)[:-1]
        if start + at > len(file) or not file[start + at - 1].startswith(f"    {written}"):
            return None
    return {
        "startLine": start + first,
        "startColumn": _column(lines[first], finding.column),
        "endLine": start + last,
        "endColumn": _column(lines[last], finding.end_column),
    }


def _column(line: str, column: int) -> int:
    """The column, from 1, of a character of a line that is written as a JSON string."""
    before = json.dumps(line[:column], ensure_ascii=False)[1:-1]
    return FIRST_COLUMN + len(before.encode("utf-16-le", errors="replace")) // 2
