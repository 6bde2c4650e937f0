"""The statements of a step, each with what it draws on: loops around it, values, functions.

What a text says of a result is held against the statement that shows it. Code that may have made
the result may stand elsewhere, so that each statement brings it along.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.findings.steps import WORD, Code, Remark, Step
from harness.notebooks import statements

MOST = 1_500  # statements of a step
LONGEST = 20_000  # characters of what one of them draws on
DEEPEST = 4  # values that are made of values that are made of values
LIBRARIES = statements.LIBRARIES | {"hyperopt", "starlette", "wordcloud", "tabulate"}
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
LOOKED_AT = {
    *("head", "tail", "sample", "describe", "info", "value_counts", "sum", "mean", "nunique"),
    *("sort_values", "sort_index", "unique", "corr", "nlargest", "round", "count"),
}
CHANGES = {"sort", "reverse", "append", "extend", "insert", "update", "add", "pop", "setdefault"}
# Libraries by the names that everybody gives them are known without an import.
BUILTIN = frozenset(dir(builtins)) | {"pd", "np", "plt", "sns", "px", "go", "xgb", "lgb", "optuna"}


class Act(NamedTuple):
    """A statement without blocks: ``own`` has also the heads of the loops around it.

    ``text`` has what it draws on as well. What cannot be read as Python is one act.
    """

    cell: str
    line: int  # 0-based
    own: str
    text: str
    is_call: bool = False  # and no assignment
    shows_value: bool = False  # as the last line of a cell does
    is_sure: bool = True  # False: it draws on what no code has


class _Statement(NamedTuple):
    code: Code
    node: ast.stmt
    heads: tuple[ast.stmt, ...]


def of(step: Step) -> tuple[Act, ...]:
    """The acts of the step's own code."""
    found = list(_statements(step.code))[:MOST]
    defined = functions((*step.before, *step.code))
    known = BUILTIN | set(defined) | _bound((*step.before, *step.code))
    made: dict[str, list[str]] = defaultdict(list)  # the values of a name so far
    acts = []
    for one in found:
        own = "\n".join(_text(one.code, node) for node in (*one.heads, one.node))
        names = _names(one.node, *one.heads)
        last = one.code.tree.body[-1] if one.code.tree is not None else None
        acts.append(
            Act(
                one.code.cell,
                one.node.lineno - 1,
                own,
                "\n".join([own, *_drawn_on(names, made, defined)])[:LONGEST],
                is_call=isinstance(one.node, ast.Expr),
                shows_value=not one.heads and _shows_value(one.node, is_last=one.node is last),
                is_sure=names <= known,
            )
        )
        for name in _targets(one.node):
            made[name].append(own)
    return (*acts, *_unread(step.code))


def block(step: Step, remark: Remark, acts: Sequence[Act]) -> list[Act]:
    """Those beside a comment, up to the next that stands as far left; of prose all."""
    lines = step.block(remark)
    if lines is None:
        return list(acts)
    return [one for one in acts if one.cell == remark.cell and lines[0] <= one.line < lines[1]]


def _statements(codes: Sequence[Code]) -> Iterator[_Statement]:
    for code in codes:
        if code.tree is not None:
            yield from _within(code, code.tree.body, ())


def _within(
    code: Code, body: Sequence[ast.AST], heads: tuple[ast.stmt, ...]
) -> Iterator[_Statement]:
    for node in body:
        blocks = [getattr(node, name, None) or [] for name in BLOCKS]
        if isinstance(node, ast.stmt) and not any(blocks):
            if not isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
                yield _Statement(code, node, heads)
            continue
        is_loop = isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.With)
        inner = (*heads, node) if is_loop and isinstance(node, ast.stmt) else heads
        for one in blocks:
            yield from _within(code, one, inner)


def _text(code: Code, node: ast.stmt) -> str:
    """Its lines; of a loop those of its head."""
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    body = getattr(node, "body", None)
    if isinstance(body, list) and body:
        last = max(first + 1, body[0].lineno - 1)
    return "\n".join(code.acting.split("\n")[first:last])


def _shows_value(node: ast.stmt, *, is_last: bool) -> bool:
    """Whether a cell shows the value; a reader takes ``df.head()`` to be shown anywhere in it."""
    if not isinstance(node, ast.Expr):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else ""
    return is_last or called is None or name in LOOKED_AT


def _names(*nodes: ast.stmt) -> frozenset[str]:
    """The names that they read."""
    parts = (one for node in nodes for part in _head(node) for one in ast.walk(part))
    return frozenset(
        one.id for one in parts if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    )


def _head(node: ast.stmt) -> list[ast.AST]:
    if isinstance(node, ast.For | ast.AsyncFor):
        return [node.target, node.iter]
    if isinstance(node, ast.While):
        return [node.test]
    if isinstance(node, ast.With):
        return list(node.items)
    return [node]


def _targets(node: ast.stmt) -> set[str]:
    """The names whose values a statement makes or changes."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value.func
        in_place = any(one.arg == "inplace" for one in node.value.keywords)
        if isinstance(call, ast.Attribute) and (in_place or call.attr in CHANGES):
            targets = [call]
    parts = [
        part
        for one in targets
        for part in (one.elts if isinstance(one, ast.Tuple | ast.List) else [one])
    ]
    return {name for part in parts if (name := _root(part)) is not None}


def _root(node: ast.expr) -> str | None:
    """``df`` of ``df["a"].loc[0]``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _drawn_on(
    names: frozenset[str], made: dict[str, list[str]], functions: dict[str, str]
) -> Iterator[str]:
    """The code that made the values of the names, and the functions among them."""
    seen: set[str] = set()
    reached = set(names)
    for _ in range(DEEPEST):
        new = [one for one in sorted(reached - seen) if one in made or one in functions]
        if not new:
            return
        seen |= set(new)
        texts = [text for one in new for text in (*made.get(one, ()), functions.get(one, ""))]
        yield from texts
        reached = set(WORD.findall("\n".join(texts))) & {*made, *functions}


def functions(codes: Sequence[Code]) -> dict[str, str]:
    """The text of each function and class."""
    return {
        node.name: "\n".join(code.acting.split("\n")[node.lineno - 1 : node.end_lineno])
        for code in codes
        for node in code.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def _bound(codes: Sequence[Code]) -> set[str]:
    """Every name that code binds in any way."""
    found = set()
    for code in codes:
        for node in code.nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
    return found


def calls_elsewhere(step: Step, code: str) -> bool:
    """Whether code calls a function of a file of which nobody knows what it does."""
    names = {
        one.asname or one.name
        for part in (*step.before, *step.code)
        for node in part.nodes
        if isinstance(node, ast.ImportFrom)
        and (node.level or (node.module or "").partition(".")[0] not in LIBRARIES)
        for one in node.names
    }
    return any(re.search(rf"(?<![.\w]){re.escape(name)}\(", code) for name in names)


def _unread(codes: Sequence[Code]) -> Iterator[Act]:
    """What stands behind the last statement that can be read."""
    for code in codes:
        tree = code.tree
        read = max((one.end_lineno or 0 for one in tree.body), default=0) if tree else 0
        lines = code.acting.split("\n")
        rest = "\n".join(lines[read:])
        if rest.replace("#", "").strip() and not (code.file or "").endswith((".md", ".txt")):
            first = next(at for at in range(read, len(lines)) if lines[at].strip(" \t#"))
            yield Act(code.cell, first, rest, rest[:LONGEST])


def behind(step: Step, remark: Remark, acts: Sequence[Act], said: re.Pattern[str]) -> Iterator[str]:
    """The code that a remark may speak of: of a comment what is from it on, of prose all.

    Where another comment further on says the same, what stands beside that is its own. Code that
    calls what is written before brings it along.
    """
    lines = step.block(remark)
    if lines is None:
        yield step.acting_own
        called = set(WORD.findall(step.acting_own))
        yield from (text for name, text in functions(step.before).items() if name in called)
        return
    cells = [one.cell for one in step.code]
    others = _of_others(step, remark, lines, acts, said)
    for code in step.code[cells.index(remark.cell) :]:
        first = lines[0] if code.cell == remark.cell else 0
        taken = others.get(code.cell, set())
        text = code.acting.split("\n")
        yield "\n".join(one for at, one in enumerate(text) if at >= first and at not in taken)
    yield from (one.text for one in block(step, remark, acts))


def _of_others(
    step: Step,
    remark: Remark,
    lines: tuple[int, int],
    acts: Sequence[Act],
    said: re.Pattern[str],
) -> dict[str, set[int]]:
    """The lines beside later comments that say the same; none where its own are but a beginning."""
    found: dict[str, set[int]] = defaultdict(set)
    if not any(one.is_call for one in block(step, remark, acts)):
        return found
    for other in step.remarks:
        where = step.block(other)
        is_later = other.cell != remark.cell or (where is not None and where[0] >= lines[1])
        if where is not None and is_later and said.search(other.text):
            found[other.cell] |= set(range(*where))
    return found
