"""Columns that code names and that do not exist at that point."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.findings import places
from harness.findings.columns.named import Named
from harness.findings.columns.values import Frame, Text
from harness.findings.columns.walking import Seen
from harness.findings.places import Span
from harness.records import Finding, FindingKind, Severity

RULE = "missing-column"
ENOUGH = 0.6  # of a likeness, as difflib has it by default
MOST_COMPARED = 1_000  # columns
LONGEST_COMPARED = 60  # characters
MOST_TOLD = 8
PROPERTIES = {
    *("T", "at", "attrs", "axes", "columns", "dtypes", "empty", "flags", "iat", "iloc", "index"),
    *("loc", "ndim", "shape", "size", "style", "values", "plot", "sparse"),
}


def of(seen: Seen, loose: Iterable[str], sources: dict[str, str]) -> Iterator[Finding]:
    """The columns that a statement names, and that surely are not there."""
    for node, named in (*seen.reader.lacking, *_attributes(seen)):
        name = named.within or named.text.value
        if seen.ran and named.raises:
            named.frame.become(named.frame.unknown())  # it was there, so the frame is another
            if named.frame.of is not None:
                named.frame.of.become(named.frame.of.unknown())
            continue
        is_loose = name in loose and name not in seen.refused
        if is_loose or name in seen.guarded or seen.caught or _is_conditional(node, seen):
            continue
        yield _finding(node, name, named, sources[named.text.cell])


def nearest(name: str, columns: Iterable[str] | None) -> str | None:
    """The column that is most like a name; None where none is like it."""
    known = sorted(one for one in columns or () if len(one) <= LONGEST_COMPARED)[:MOST_COMPARED]
    if len(name) > LONGEST_COMPARED:
        return None
    by_letters = {_letters(one): one for one in known}
    near = difflib.get_close_matches(_letters(name), by_letters, 1, ENOUGH)
    return by_letters[near[0]] if near else None


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold() or name


def _finding(node: ast.AST, name: str, named: Named, source: str) -> Finding:
    frame, text = named.frame, named.text
    span = _span(source, named, name)
    near = nearest(name, frame.upper)
    return Finding(
        kind=FindingKind.COLUMNS,
        rule=RULE,
        cell=text.cell,
        **span._asdict(),
        severity=Severity.ERROR if named.raises else Severity.WARNING,
        message=f"{_owner(node)} has no column {name!r} at this point.",
        evidence=_evidence(frame),
        replacement=None if near is None else _written(near, source, span),
    )


def _owner(node: ast.AST) -> str:
    """The expression whose column it would be."""
    inner: ast.AST | None = None
    if isinstance(node, ast.Call):
        data = next((one.value for one in node.keywords if one.arg == "data"), None)
        inner = data or (node.func.value if isinstance(node.func, ast.Attribute) else None)
    elif isinstance(node, ast.Subscript | ast.Attribute):
        inner = node.value
    if isinstance(inner, ast.Attribute) and inner.attr in ("loc", "at", "plot"):
        inner = inner.value
    text = ast.unparse(inner) if inner is not None else ""
    if not text or text == "pd":
        return "The table"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _evidence(frame: Frame) -> str:
    if frame.upper is None:
        return "The code dropped or renamed it before."
    told = ", ".join(repr(one) for one in sorted(frame.upper)[:MOST_TOLD])
    more = ", …" if len(frame.upper) > MOST_TOLD else ""
    source = f"{frame.source} and " if frame.source else ""
    return f"By {source}the code before, its columns are {told or 'none'}{more}."


def _span(source: str, named: Named, name: str) -> Span:
    span = places.of_node(source, named.text.node)
    if isinstance(named.text.node, ast.Attribute):  # only its last part
        return span._replace(line=span.end_line, column=max(0, span.end_column - len(name)))
    line = source.split("\n")[span.line - 1] if span.line == span.end_line else ""
    written = line[span.column : span.end_column]
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written) if named.within else None
    if found is None:
        return span
    return span._replace(column=span.column + found.start(), end_column=span.column + found.end())


def _written(name: str, source: str, span: Span) -> str:
    """A name as it may stand at a place: between quotes where there are some."""
    lines = source.split("\n")
    begins = lines[span.line - 1][span.column :][:1] if span.line <= len(lines) else ""
    if begins == '"' and '"' not in name and name.isprintable() and "\\" not in name:
        return f'"{name}"'
    return repr(name) if begins in ("'", '"') or not name.isidentifier() else name


def _is_conditional(node: ast.AST, seen: Seen) -> bool:
    """Whether an expression is looked at only where a condition holds."""
    at = node
    while (parent := seen.reader.parents.get(at)) is not None:
        if isinstance(parent, ast.IfExp) and parent.test is not at:
            return True
        if isinstance(parent, ast.BoolOp) and parent.values[0] is not at:
            return True
        generators = getattr(parent, "generators", ())
        if any(one.ifs for one in generators):
            return True
        at = parent
    return False


def _attributes(seen: Seen) -> Iterator[tuple[ast.AST, Named]]:
    """``frame.churn`` where there is a column Churn: no method that is not called."""
    for node, value in list(seen.reader.known.items()):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        parent = seen.reader.parents.get(node)
        owner = seen.reader.known.get(node.value)
        called = isinstance(parent, ast.Call) and parent.func is node
        if value is not None or called or not isinstance(owner, Frame) or owner.kind != "frame":
            continue
        if node.attr in PROPERTIES or owner.upper is None or not owner.lacks(node.attr):
            continue
        if _letters(node.attr) in {_letters(one) for one in owner.upper}:
            yield node, Named(Text(node.attr, node, seen.cell.id), replace(owner))
