"""What is there that a sentence of a step may speak of: in code, outputs, the kernel, the table."""

from __future__ import annotations

import builtins
import keyword
import re

from harness.findings.steps import WORD, Step
from harness.findings.subject import Subject

LONGEST_OUTPUT = 60_000  # characters of what a cell showed
LONGEST_LEVELS = 1_000  # values of the table's columns
# Values and types, which code need not name to deal with them.
VALUES = {
    *("nan", "none", "null", "na", "nat", "inf", "true", "false", "yes", "no", "object"),
    *("int", "float", "bool", "str", "string", "category", "int8", "int16", "int32", "int64"),
    *("uint8", "float16", "float32", "float64", "datetime", "datetime64", "timedelta"),
    *("series", "dataframe", "index", "ndarray", "list", "dict", "tuple", "set", "json"),
    *("csv", "html", "png", "ipynb", "python", "jupyter", "utf", "post", "get", "put"),
    *("delete", "api", "http", "https", "url", "x", "y", "n", "k", "df"),
}
# Braces of others hold code.
PLAIN_STRING = re.compile(r"(?<![\w'\"])(?:'[^'\n{]*'|\"[^\"\n{]*\")")
BUILTIN = frozenset(dir(builtins)) | frozenset(keyword.kwlist)


def shown(step: Step, subject: Subject) -> str:
    """What the cells of the step showed."""
    texts = (subject.printed.get(one.cell, "")[:LONGEST_OUTPUT] for one in step.code)
    return "\n".join(texts)


def columns(step: Step, subject: Subject) -> frozenset[str]:
    """The columns of the table and of the frames that the kernel held; none: not known."""
    found = {one.name for one in subject.profile.columns} if subject.profile is not None else set()
    seen = subject.observations.get(step.name)
    for variable in seen.variables if seen is not None else ():
        found |= {one.name for one in variable.columns}
    return frozenset(found)


def names(step: Step, subject: Subject) -> frozenset[str]:
    """Every word that the code, its outputs, the table or the kernel have, in small letters."""
    found = {*step.words, *WORD.findall(shown(step, subject)), *BUILTIN, *VALUES}
    for one in subject.profile.columns if subject.profile is not None else ():
        found |= {one.name, *WORD.findall(one.name)}
        for value, _ in one.levels[:LONGEST_LEVELS]:
            found |= set(WORD.findall(value))
    seen = subject.observations.get(step.name)
    if seen is not None:
        found |= {one.name for one in seen.variables} | set(seen.imports)
    found |= {word for name in subject.packages for word in WORD.findall(name)}
    return frozenset(one.lower() for one in found)


def identifiers(step: Step, subject: Subject) -> frozenset[str]:
    """The names of the code and the kernel; words in plain strings are none."""
    found = set(WORD.findall(PLAIN_STRING.sub(" ", step.text_so_far)))
    seen = subject.observations.get(step.name)
    if seen is not None:
        found |= {one.name for one in seen.variables} | set(seen.imports)
    return frozenset(one.lower() for one in found)


def has(pattern: str, text: str) -> bool:
    """Whether the code says it, whatever its case."""
    return re.search(pattern, text, re.IGNORECASE) is not None
