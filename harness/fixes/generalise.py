"""An edit of one cell as a structural rule: the same change, whatever the variables are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from string import ascii_uppercase

from harness.errors import ConfigError
from harness.fixes import matches, rules
from harness.notebooks import syntax
from harness.records import Cell, Rule

LONGEST = 6  # lines; more than that is no pattern
Located = ast.expr | ast.stmt


def rule(notebook: Sequence[Cell], old: Cell, new: Cell) -> Rule | None:
    """A rule that makes ``new`` of ``old`` and leaves all other cells alone; None where none does.

    Names that the notebook binds become metavariables; modules, functions of libraries, attributes
    and literals stay. The rule is tried before it is returned.
    """
    before, after = syntax.tree(old.source), syntax.tree(new.source)
    if before is None or after is None:
        return None
    sources = [cell.source for cell in notebook if cell.kind == "code"]
    own = set().union(*map(_variables, sources))
    written = {_template(old.source, a, new.source, b, own) for a, b in _differences(before, after)}
    if len(written) != 1 or (made := written.pop()) is None:
        return None
    body = {"rule": {"pattern": made[0]}, "rewrite": made[1]}
    try:
        found = rules.build(body, Path("captured.yml"), "")
        if matches.replaced(old.source, rules.find(found, old.source)) != new.source:
            return None
    except (ConfigError, ValueError):
        return None
    others = [cell for cell in notebook if cell.kind == "code" and cell.id != old.id]
    return None if any(rules.find(found, cell.source) for cell in others) else found


@lru_cache(maxsize=4096)
def _variables(source: str) -> set[str]:
    return syntax.variables(source)


def _differences(old: ast.AST, new: ast.AST) -> Iterator[tuple[Located, Located]]:
    """The smallest pairs of expressions or statements that hold all that differs."""
    inner = list(_inner(old, new))
    if inner and all(pair is not None for pair in inner):
        yield from (pair for pair in inner if pair is not None)
    elif ast.dump(old) != ast.dump(new) and isinstance(old, Located) and isinstance(new, Located):
        yield old, new


def _inner(old: ast.AST, new: ast.AST) -> Iterator[tuple[Located, Located] | None]:
    """Differences below two nodes; None where something differs that no child holds."""
    if type(old) is not type(new):
        yield None
        return
    for field in old._fields:
        a, b = getattr(old, field, None), getattr(new, field, None)
        both = (a, b) if isinstance(a, list) and isinstance(b, list) else ([a], [b])
        if len(both[0]) != len(both[1]):
            yield None
            continue
        for x, y in zip(*both, strict=True):
            if not isinstance(x, ast.AST) or not isinstance(y, ast.AST):
                if x != y:
                    yield None
            elif ast.dump(x) != ast.dump(y):
                below = list(_differences(x, y))
                # A name or a literal alone says too little of where it stands.
                bare = any(isinstance(a, ast.Name | ast.Constant) for a, _ in below)
                yield from [None] if bare or not below else below


def _template(old: str, a: Located, new: str, b: Located, own: set[str]) -> tuple[str, str] | None:
    names = [n.id for n in ast.walk(a) if isinstance(n, ast.Name) and n.id in own]
    letters = {
        name: f"${ascii_uppercase[i]}" for i, name in enumerate(dict.fromkeys(names)) if i < 26
    }
    if {n.id for n in ast.walk(b) if isinstance(n, ast.Name)} & own - set(letters):
        return None  # it would have to invent a variable
    pattern, rewrite = _written(old, a, letters), _written(new, b, letters)
    if pattern.count("\n") >= LONGEST or rewrite.count("\n") >= LONGEST:
        return None
    return pattern, rewrite


def _written(source: str, node: Located, letters: dict[str, str]) -> str:
    """The node's own text, with variables as metavariables."""
    lines = source.split("\n")

    def index(line: int, column: int) -> int:
        before = sum(len(text) + 1 for text in lines[: line - 1])
        return before + len(lines[line - 1].encode()[:column].decode())

    start = index(node.lineno, node.col_offset)
    text = source[start : index(node.end_lineno or node.lineno, node.end_col_offset or 0)]
    inside = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in letters]
    for name in sorted(inside, key=lambda n: (n.lineno, n.col_offset), reverse=True):
        at = index(name.lineno, name.col_offset) - start
        text = text[:at] + letters[name.id] + text[at + len(name.id) :]
    return text
