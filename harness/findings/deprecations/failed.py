"""Calls that failed because a release took them out, and such calls where nothing ran yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harness.findings.deprecations import notes
from harness.findings.deprecations.code import Code, Said
from harness.findings.deprecations.noted import Noted, short
from harness.findings.deprecations.notes import Entry
from harness.findings.running import ran_before
from harness.findings.subject import Subject
from harness.notebooks import tracebacks
from harness.records import CellResult

LONGEST_MESSAGE = 2_000
OF_OBJECT = re.compile(r"'(\w{1,100})' object has no attribute '(\w{1,100})'")
OF_MODULE = re.compile(r"module '([\w.]{1,200})' has no attribute '(\w{1,100})'")
IMPORT = re.compile(r"cannot import name '(\w{1,100})' from '([\w.]{1,200})'")
MODULE = re.compile(r"No module named '([\w.]{1,200})'")
ARGUMENT = re.compile(r"([\w.]{1,200})(?:\(\)|:)? got an unexpected keyword argument '(\w{1,100})'")
POSITIONAL = re.compile(
    r"(\w{1,100})\(\) takes (?:from \d+ to )?\d+ positional arguments? but (\d{1,3}) w"
)
NUMPY = re.compile(r"`np\.(\w{1,100})` was removed")
SKLEARN = re.compile(r"`(\w{1,100})` has been removed from scikit-learn")
VALUE = re.compile(r"'(\w{1,100})' parameter of .{0,1000} Got '([\w-]{1,100})' instead", re.DOTALL)
STYLE = re.compile(r"'([\w-]{1,100})' is not a valid package style")


def of(subject: Subject, codes: Mapping[str, Code]) -> Iterator[Noted]:
    """Each call that failed so, at the line where it did."""
    for code in codes.values():
        result = subject.results.get(code.cell.id)
        if result is None or not result.failed or not result.message:
            continue
        for name, entry in _blamed(result.message[:LONGEST_MESSAGE]):
            found = _where(result, code, codes, name)
            if found is not None:
                said = f"{result.verdict}: {short(result.message)}"
                yield _noted(*found, name, entry, said)
                break


def unrun(subject: Subject, codes: Mapping[str, Code]) -> Iterator[Noted]:
    """Names of imports and arguments that the installed release does not have, if it is known."""
    known = notes.known()
    has_pandas = any(one.startswith("pandas") for c in codes.values() for one in c.imports.values())
    for code in codes.values():
        line = ran_before(code.cell, subject.results.get(code.cell.id))
        for said in code.said:
            entry = known.names.get(said.dotted) or _argument(said, has_pandas)
            if entry is None and not said.dotted and not said.call:
                entry = known.methods.get(said.name)
            if entry is None or not entry.release.is_in(subject.packages):
                continue
            may_be_there = said.line < line or any(said.line in one for one in code.caught)
            if entry.release.gone and may_be_there:
                continue
            yield _noted(code, said, said.name, entry, "")


def _blamed(message: str) -> Iterator[tuple[str, Entry]]:
    """What an error says is not there, where a release took it out."""
    known = notes.known()
    names: list[tuple[str, Entry | None]] = []
    for owner, name in OF_OBJECT.findall(message):
        names.append((name, known.names.get(f"{owner}.{name}") or known.methods.get(name)))
    for owner, name in OF_MODULE.findall(message):
        names.append((name, known.names.get(f"{owner}.{name}")))
    for name, owner in IMPORT.findall(message):
        names.append((name, known.names.get(f"{owner}.{name}")))
    for dotted in MODULE.findall(message):
        names.append((dotted.rpartition(".")[2], known.names.get(dotted)))
    for name in NUMPY.findall(message):
        names.append((name, known.names.get(f"numpy.{name}")))
    for name in SKLEARN.findall(message):
        names.append((name, known.names.get(f"sklearn.datasets.{name}")))
    names += _arguments(message)
    for argument, value in VALUE.findall(message):
        names.append((argument, known.values.get((argument, value))))
    for value in STYLE.findall(message):
        names.append(("use", known.values.get(("style", value))))
    yield from ((name, entry) for name, entry in names if entry is not None)


def _arguments(message: str) -> Iterator[tuple[str, Entry | None]]:
    for called, name in ARGUMENT.findall(message):
        yield name, _of_call(called.replace(".__init__", ""), name)
    for called, given in POSITIONAL.findall(message):  # of which one is the object itself
        name = notes.POSITIONAL.format(int(given) - 1)
        yield name, _of_call(called, name)


def _argument(said: Said, has_pandas: bool) -> Entry | None:
    """The line that an argument is of, where what is called is sure."""
    if not said.call:
        return None
    known = notes.known()
    if not said.call.startswith("."):
        entry = known.arguments.get(f"{said.call.rpartition('.')[2]}.{said.name}")
        package = "sklearn" if entry and entry.release.library == "scikit-learn" else None
        owner = package or (entry.release.library if entry else "")
        return entry if said.call.startswith(f"{owner}.") else None
    entry = known.arguments.get(f"{said.call[1:]}.{said.name}")
    sure = entry is not None and entry.release.library == "pandas" and has_pandas
    return entry if sure else None


def _of_call(called: str, name: str) -> Entry | None:
    """The line of an argument, by the full name of what was called."""
    known = notes.known()
    parts = called.split(".")
    if len(parts) > 1 and parts[0].startswith("XGB"):
        return known.arguments.get(f"XGB.{parts[-1]}.{name}")
    return known.arguments.get(f"{parts[-1]}.{name}")


def _where(
    result: CellResult, code: Code, codes: Mapping[str, Code], name: str
) -> tuple[Code, Said] | None:
    """The cell and the name in it that failed: of an earlier cell, where its function did."""
    at = tracebacks.innermost_line(result)
    for one in [code, *(other for other in codes.values() if other is not code)]:
        line = at.number if at else 0
        fits = 1 <= line <= len(one.lines) and at is not None
        if fits and at is not None and one.lines[line - 1].strip() == at.text:
            said = one.find([name], line)
            return (one, said) if said is not None else None
    said = code.find([name])
    return (code, said) if said is not None else None


def _noted(code: Code, said: Said, name: str, entry: Entry, evidence: str) -> Noted:
    release = entry.release
    told = f"The notes of {release.told}: {release.source}"
    return Noted(
        code.cell.id,
        code.span(said),
        name,
        f"{evidence} {told}".strip(),
        of=said.call.rpartition(".")[2],
        gone=release.gone,
        since=release.told,
        replacement=entry.replacement,
    )
