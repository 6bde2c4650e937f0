"""The head of a fix, in the style of Debian's DEP-3: who changed what, why, and when it counts.

A ``.patch`` begins with it as ``Name: value`` lines, continued by indentation; a ``.yml`` holds the
same names as keys. Source: https://dep-team.pages.debian.net/deps/dep3/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import regex

from harness.errors import ConfigError
from harness.fixes import expressions
from harness.records import Cause, FixHeader, When

FIELDS = {
    "Description": "description",
    "Author": "author",
    "Date": "date",
    "Cause": "cause",
    "When": "when",
    "Dataset": "dataset",
    "From-Run": "from_run",
}
MEANINGS = {
    Cause.DATA_UNSEEN: "the code did not fit the values or types of the data",
    Cause.DEPRECATED: "it used a name or an argument that the installed library does not have",
    Cause.UNDER_SPECIFIED: "the prompt left open what to do, and the model chose badly",
    Cause.COMMENTARY: "it did not do what its own comment, or the text around it, said",
    Cause.SYNTAX: "it was not complete or valid, such as an import that was missing",
    Cause.ENVIRONMENT: "it did not fit the machine: no network, another folder or system",
    Cause.ENHANCEMENT: "it worked, and you made it better; counted apart from the others",
}
FIELD = re.compile(r"([A-Za-z][A-Za-z-]*):[ \t]*(.*)")
LONGEST_PATTERN = 200  # characters


def split(text: str, path: Path) -> tuple[dict[str, str], int]:
    """The fields that a patch begins with, and the 0-based line behind them. Raises ConfigError."""
    found: dict[str, str] = {}
    name = ""
    for number, line in enumerate(text.split("\n")):
        if line.startswith(("--- ", "diff ", "Index: ", "@@ ")):
            return found, number
        match = FIELD.fullmatch(line)
        if line[:1] in (" ", "\t") and line.strip() and name:
            found[name] += "\n" + ("" if line.strip() == "." else line.strip())
        elif match and match.group(1) in found:
            raise ConfigError(path, number + 1, f"{match.group(1)} stands here a second time")
        elif match:
            name = match.group(1)
            found[name] = match.group(2).strip()
        elif line.strip():
            raise ConfigError(path, number + 1, "neither 'Field: value' nor a diff")
    return found, text.count("\n") + 1


def build(fields: Mapping[str, Any], path: Path, text: str) -> FixHeader:
    """The fields as a record. Raises ConfigError naming the line and what was expected."""
    unknown = next((name for name in fields if name not in FIELDS), None)
    if unknown is not None:
        known = ", ".join(FIELDS)
        raise ConfigError(
            path, line_of(text, unknown), f"unknown field '{unknown}'; known: {known}"
        )
    causes = [cause.value for cause in Cause]
    if "Cause" in fields and fields["Cause"] not in causes:
        message = f"Cause: '{fields['Cause']}' is not one of {', '.join(causes)}"
        raise ConfigError(path, line_of(text, "Cause"), message)
    values = {FIELDS[name]: value for name, value in fields.items()}
    when = fields.get("When", "needed")
    if isinstance(when, Mapping):  # unquoted, YAML reads "fails: KeyError" as a mapping
        when = ", ".join(f"{key}: {value}" for key, value in when.items())
    when = _when(str(when), path, text)
    try:
        return FixHeader.model_validate({**values, "when": when})
    except ValueError as error:
        raise _told(error, path, text) from None


def _told(error: ValueError, path: Path, text: str) -> ConfigError:
    first = error.errors()[0] if hasattr(error, "errors") else {"loc": ("?",), "msg": str(error)}
    field = next((name for name, key in FIELDS.items() if key in first["loc"]), "?")
    missing = first.get("type") in ("missing", "string_too_short")
    said = "is required" if missing else first["msg"]
    hint = "For example: 2026-11-24" if field == "Date" else ""
    return ConfigError(path, line_of(text, field), f"{field}: {said}", hint)


def line_of(text: str, field: str) -> int | None:
    """The 1-based line on which a field stands."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(f"{field}:"):
            return number
    return None


def render(header: FixHeader) -> list[str]:
    """The lines of a patch's head."""
    first, *more = header.description.strip().split("\n")
    lines = [f"Description: {first}", *(f" {line}" if line.strip() else " ." for line in more)]
    lines += [f"Author: {header.author}", f"Date: {header.date}", f"Cause: {header.cause.value}"]
    lines += [f"When: {header.when}", f"Dataset: {header.dataset}"]
    return lines + ([f"From-Run: {header.from_run}"] if header.from_run else [])


def _when(text: str, path: Path, whole: str) -> When:
    word, colon, pattern = (part.strip() for part in text.partition(":"))
    if word in ("needed", "always") and not colon:
        return When.model_validate({"word": word})
    if word != "fails" or (colon and not pattern):
        message = f"When: '{text}' is neither needed, nor fails, nor fails: ERROR, nor always"
        raise ConfigError(path, line_of(whole, "When"), message)
    if len(pattern) > LONGEST_PATTERN:
        message = f"When: an expression of more than {LONGEST_PATTERN} characters"
        raise ConfigError(path, line_of(whole, "When"), message)
    if expressions.repeats_itself(pattern):  # first, as these cannot even be compiled
        message = "When: something that repeats stands in a group that repeats, or calls itself"
        hint = "Such an expression can take for ever; search for a part of the error's text"
        raise ConfigError(path, line_of(whole, "When"), message, hint)
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, MemoryError) as error:
        message = f"When: not a regular expression: {error or type(error).__name__}"
        raise ConfigError(path, line_of(whole, "When"), message) from None
    return When(word="fails", pattern=pattern or None)
