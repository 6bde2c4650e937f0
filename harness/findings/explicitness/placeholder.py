"""Names that stand for another: ``your_column``, ``path/to/file``; ``...`` for code or a value."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.findings import places
from harness.findings.places import Span
from harness.findings.steps import Code, Step, clipped, fenced
from harness.findings.subject import Subject
from harness.records import Finding, FindingKind, Severity

RULE = "placeholder"
STANDS_FOR = re.compile(
    r"(?<![\w])(?:my|some)[_-](?:column|feature|target|api|key|token|password|username|registry)\w*"
    r"|(?<![\w])your[_-](?:own[_-])?(?:actual[_-])?(?:column|feature|target|file|data"
    r"|dataset|dataframe|model|table|path|api|key|token|app|image|folder|directory|package|module"
    r"|username|user|password|host|database|project|registry|repo)\w*(?:[.-]\w+)*"
    r"|(?:/?\bpath[/_\\-]to[/_\\-][\w./\\-]*)"
    r"|<(?:your|insert|enter|replace|path[ _-](?:to|of))\b[^<>\n]{0,60}>"
    r"|\bYOUR_[A-Z_]{2,40}\b"
    r"|\b(?-i:INSERT|REPLACE|CHANGE)_(?:ME|THIS|HERE|WITH)\w*"
    r"|\b(?:changeme|lorem ipsum|foobar)\b",
    re.IGNORECASE,
)
# A column called so; where the code makes one of this name itself, it is a name like others.
GENERIC = re.compile(
    r"(?<=\[['\"])(?:(?:column|col|feature|field)_?(?:name|[1-9A-C])"
    r"|(?:target|label|date|text|id)_(?:column|variable|col))(?=['\"]\])"
    r"|(?<=['\"])(?:(?:un)?(?:necessary|needed|wanted)|categorical|numeric(?:al)?|some|another|target)"
    r"_(?:column|feature|variable|col)_?[1-9](?=['\"])"
)
MADE = re.compile(r"['\"](\w{1,60})['\"]\s{0,9}(?::|\]\s{0,9}=[^=])|\b(\w{1,60})=")
# Where ``...`` says that a value is to be given: pydantic's and FastAPI's.
REQUIRED = {
    *("Field", "Body", "Query", "Path", "Header", "Form", "File", "Cookie", "Depends", "Param"),
    *("PrivateAttr", "Param", "Security"),
}
TYPES = {"Tuple", "tuple", "Callable", "Annotated", "Concatenate", "Generator"}
INTERFACES = {"Protocol", "ABC", "ABCMeta"}
DECORATORS = {"abstractmethod", "overload"}


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Placeholders in code, in files that it writes and in commands, a name once in a cell.

    What the prompt itself calls so is none.
    """
    columns = subject.profile.columns if subject.profile else ()
    known = step.asked, frozenset(one.name for one in columns)
    for code in step.code:
        named = dict(reversed([*_names(code, *known)]))  # the first place of each
        for name, span in (*named.items(), *_ellipses(code), *_empty(code)):
            yield _finding(code.cell, name, span)
    for cell in step.prose:
        for found in STANDS_FOR.finditer(fenced(cell)):
            if found[0] not in step.asked:
                span = places.of_text(cell.source, found.start(), found.end())
                yield _finding(cell.id, found[0], span)


def _finding(cell: str, name: str, span: Span) -> Finding:
    return Finding(
        kind=FindingKind.EXPLICITNESS,
        rule=RULE,
        cell=cell,
        **span._asdict(),
        severity=Severity.ERROR,
        message=f"`{clipped(name)}` holds the place of what was not written.",
    )


def _names(code: Code, asked: str, columns: frozenset[str]) -> Iterator[tuple[str, Span]]:
    own = {node.id for node in code.nodes if isinstance(node, ast.Name)}
    for found in STANDS_FOR.finditer(code.bare):
        name = found[0]
        # ``my_model = …`` is a name like others.
        if name not in asked and not (name in own and name.startswith(("my", "some"))):
            yield name, places.of_text(code.source, found.start(), found.end())
    made = {one for pair in MADE.findall(code.bare) for one in pair}
    for found in GENERIC.finditer(code.bare):
        name = found[0]
        if name not in asked and name not in columns and name not in made:
            yield name, places.of_text(code.source, found.start(), found.end())


def _ellipses(code: Code) -> Iterator[tuple[str, Span]]:
    if code.tree is None:
        return
    fine: set[int] = set()
    for node in code.nodes:
        if isinstance(node, ast.Subscript):
            # numpy's ``x[..., 0]`` and the types of Python
            fine |= {id(one) for one in _within(node.slice)}
        elif isinstance(node, ast.Call) and _last_name(node.func) in REQUIRED:
            fine |= {id(one) for one in node.args}
        elif _is_interface(node):
            fine |= {id(one) for one in ast.walk(node)}
    for node in code.nodes:
        if isinstance(node, ast.Constant) and node.value is Ellipsis and id(node) not in fine:
            yield "...", places.of_node(code.source, node)


def _within(node: ast.expr) -> Iterator[ast.expr]:
    yield node
    yield from node.elts if isinstance(node, ast.Tuple | ast.List) else ()


def _empty(code: Code) -> Iterator[tuple[str, Span]]:
    """Functions of which only the name is written."""
    inside = {id(one) for node in code.nodes if isinstance(node, ast.ClassDef) for one in node.body}
    for node in code.nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or id(node) in inside:
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if len(body) == 1 and isinstance(body[0], ast.Pass):
            yield "pass", places.of_node(code.source, body[0])


def _is_interface(node: ast.AST) -> bool:
    """Whether it says what others are to write."""
    if isinstance(node, ast.ClassDef):
        bases = [*node.bases, *(one.value for one in node.keywords)]
        return any(_last_name(one) in INTERFACES for one in bases)
    decorators = getattr(node, "decorator_list", ())
    return any(_last_name(one) in DECORATORS for one in decorators)


def _last_name(node: ast.expr) -> str:
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
