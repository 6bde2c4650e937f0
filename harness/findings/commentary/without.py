"""Columns of the table that rows or records are said to be without, and that no code takes out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.findings.commentary import claims
from harness.findings.steps import Remark, Step

WITHOUT = re.compile(
    r"\b(?:without|exclud(?:ing|es)|except(?: for)?|leav(?:ing|es) out|omit(?:ting|s)) (?:the )?"
    r"(?:target )?(?:column )?([`'\"])([^`'\"\n]{1,60})\1"
)
# What may hand on rows of the table, and what may take a column out of them.
ROWS = re.compile(r"to_dict|to_json|readlines|\.head\(|\.iloc\[|\.sample\(")
SELECTED = re.compile(r"\.columns|\[\[|usecols|\.loc\[|\bfilter\(|\bX(?:_\w+)?\b|[Ff]eatures?")


def kept(step: Step, remark: Remark, columns: frozenset[str]) -> Iterator[claims.Mention]:
    """The columns that are there all the same."""
    for found in WITHOUT.finditer(claims.said(remark)):
        if found[2] in columns and (_is_kept(found[2], step) or _is_field(found[2], step)):
            yield claims.Mention(found[2], found.start(2), found.end(2))


def _is_kept(column: str, step: Step) -> bool:
    """Whether the step hands on rows of the table, and neither it nor the kernel drops a column."""
    name = re.escape(column)
    dropped = re.compile(
        rf"(?:drop|pop|difference|remove|discard)\([^\n]*{name}|\bdel [^\n]*{name}"
    )
    passed = re.compile(rf"!= *['\"]{name}")
    kernel = "\n".join(one.bare for one in step.before if one.file is None)
    return (
        ROWS.search(step.text) is not None
        and not SELECTED.search(step.text)
        and not passed.search(step.text)
        and not any(dropped.search(one) for one in (step.text, kernel))
    )


def _is_field(column: str, step: Step) -> bool:
    """Whether a class of the step declares a field of this name, however it is spelt."""
    return any(
        isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and _plain(field.target.id) == _plain(column)
        for code in step.code
        for node in code.nodes
        if isinstance(node, ast.ClassDef)
        for field in node.body
    )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
