"""What a subscript or an attribute of a frame gives."""

from __future__ import annotations

import ast
from dataclasses import replace

from harness.findings.columns.calls import Known
from harness.findings.columns.values import Column, Frame, Kind, Text, Texts, Value, texts_of

KINDS: dict[str, Kind] = {
    "loc": "loc",
    "at": "loc",
    "iloc": "iloc",
    "plot": "plot",
    "columns": "names",
}
MASKS = {"isin", "between", "isna", "isnull", "notna", "notnull", "contains", "startswith"}


def subscript(node: ast.Subscript, known: Known) -> Value:
    """What ``owner[index]`` gives, where the owner is a frame or taken of one."""
    owner, index = known.get(node.value), node.slice
    if not isinstance(owner, Frame):
        return None
    if owner.kind == "loc" and isinstance(index, ast.Tuple) and len(index.elts) == 2:
        index = index.elts[1]
        owner = replace(owner, kind="frame", of=None)
        if is_mask(index):  # of columns
            whole = isinstance(index, ast.Slice) and not (index.lower or index.upper)
            return owner if whole else owner.part()
    elif owner.kind in ("loc", "iloc"):
        rows = isinstance(index, ast.Tuple | ast.List) or is_mask(index)
        return replace(owner.part(), kind="frame", of=None) if rows else None
    if owner.kind == "names":
        return owner.part() if is_mask(index) else None
    return _chosen(owner, index, known.get(index)) if owner.kind == "frame" else None


def attribute(owner: Value, name: str) -> Value:
    """What ``owner.name`` gives, where it is not called."""
    if not isinstance(owner, Frame):
        return None
    if owner.kind == "names":
        return replace(owner) if name == "values" else None
    if owner.kind != "frame":
        return None
    if name in KINDS:
        kept = None if name == "columns" else owner
        return replace(owner, kind=KINDS[name], of=kept)
    return Column(name, owner.rows) if name in owner.lower else None


def is_mask(node: ast.expr) -> bool:
    """Whether an index chooses by truth or by a range, by the look of it."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in MASKS
    return isinstance(node, ast.Slice | ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert)
    )


def _chosen(owner: Frame, index: ast.expr, chosen: Value) -> Value:
    """``frame[index]``."""
    texts = texts_of(chosen)
    if isinstance(chosen, Text):
        return Column(chosen.value, owner.rows)
    if texts is not None:
        several = isinstance(chosen, Texts) and not chosen.each
        return owner.only(frozenset(one.value for one in texts)) if several else None
    if is_mask(index) or isinstance(chosen, Column):
        return replace(owner)
    some = isinstance(chosen, Frame) and chosen.kind == "names"
    return owner.part() if some or isinstance(index, ast.List | ast.ListComp | ast.BinOp) else None
