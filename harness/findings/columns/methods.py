"""What the methods of a frame give, as far as its columns are concerned.

The behaviour is that of pandas 3, https://pandas.pydata.org/docs/reference/frame.html; what is not
told here gives something of which nothing is known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from harness.findings.columns.calls import Call, many_of, values_of
from harness.findings.columns.values import NONE, Column, Frame, Several, Texts, Value

SAME = {
    *("head", "tail", "copy", "sample", "sort_values", "sort_index", "drop_duplicates", "query"),
    *("astype", "round", "fillna", "ffill", "bfill", "abs", "nlargest", "nsmallest", "clip"),
    *("infer_objects", "convert_dtypes", "truncate", "interpolate", "replace", "where", "mask"),
    *("shift", "diff", "cumsum", "isna", "isnull", "notna", "notnull", "rank", "map"),
    *("explode", "mode", "applymap", "rename_axis"),
}
KEEPS_VALUES = {
    *("head", "tail", "copy", "sample", "sort_values", "sort_index", "drop_duplicates", "query"),
    *("fillna", "ffill", "bfill", "nlargest", "nsmallest", "rename_axis"),
}
SOME = {"select_dtypes", "filter", "corr", "cov", "describe"}
MAKES_ANY = {
    *("join", "merge", "melt", "pivot", "pivot_table", "stack", "unstack", "add_prefix", "agg"),
    *("add_suffix", "set_axis", "reindex", "eval", "transpose", "update"),
}
ROW_BY_ROW = {"map", "astype", "apply", "replace", "fillna", "copy", "where", "mask", "to_numpy"}
MOST_LEVELS = 10  # of an index without names
KEEPS_NAMES = {"tolist", "to_list", "copy", "sort_values", "intersection", "drop", "difference"}


def of_frame(owner: Frame, name: str, call: Call) -> Value:
    """What ``owner.name(…)`` gives."""
    if call.open:
        return owner.unknown() if name in SAME | SOME | MAKES_ANY | set(SPECIAL) else None
    if name in SPECIAL:
        return SPECIAL[name](owner, call)
    if name in SAME:
        return replace(owner) if name in KEEPS_VALUES else replace(owner, texts=NONE)
    if name in SOME:
        return replace(owner.part(), levels=None)
    return owner.unknown() if name in MAKES_ANY else None


def of_names(owner: Frame, name: str) -> Value:
    """What a method of ``frame.columns`` gives."""
    if name in ("drop", "difference", "intersection"):
        return owner.part()
    return replace(owner) if name in KEEPS_NAMES else None


def of_column(owner: Column, name: str) -> Value:
    """What a method of a column gives, where that is told row by row."""
    return owner if name in ROW_BY_ROW else None


def _dropna(owner: Frame, call: Call) -> Value:
    return owner.part() if call.expr("axis", 0) is not None else replace(owner)


def _drop(owner: Frame, call: Call) -> Value:
    if call.expr("columns") is not None:
        place: tuple[int | str, ...] = ("columns",)
    elif call.by_columns:
        place = ("labels", 0)
    else:
        return replace(owner)
    names = call.names(*place)
    value = call.value(*place)
    if names is None or (isinstance(value, Texts) and value.each):
        return owner.part()
    return owner.without(names)


def _rename(owner: Frame, call: Call) -> Value:
    mapping = call.expr("columns")
    if mapping is None and call.by_columns:
        mapping = call.expr("mapper", 0)
    if mapping is None:
        return replace(owner) if call.said("index") else owner.unknown()
    new = values_of(mapping)
    if new is None or not isinstance(mapping, ast.Dict):
        return owner.unknown()
    keys = [key.value for key in mapping.keys if isinstance(key, ast.Constant)]
    old = frozenset(key for key in keys if isinstance(key, str))
    if len(old) != len(mapping.keys):
        return owner.unknown()
    return owner.without(old).with_columns(new)


def _assign(owner: Frame, call: Call) -> Value:
    return owner.with_columns(frozenset(call.named))


def _set_index(owner: Frame, call: Call) -> Value:
    keys = call.names("keys", 0)
    if keys is None:
        return replace(owner.part(), levels=None)
    levels = None if owner.levels is None else owner.levels | keys
    kept = owner if call.constant("drop") is False else owner.without(keys)
    return replace(kept, levels=levels)


def _reset_index(owner: Frame, call: Call) -> Value:
    if call.constant("drop", 1) is True:
        return replace(owner, levels=NONE)
    if owner.levels is None or call.said("names"):
        return owner.unknown()
    made = owner.levels | {"index", *(f"level_{i}" for i in range(MOST_LEVELS))}
    upper = None if owner.upper is None else owner.upper | made
    return replace(owner, upper=upper, gone=owner.gone - made, levels=NONE)


def _insert(owner: Frame, call: Call) -> Value:
    names = call.names("column", 1)
    call.change(owner, owner.unknown() if names is None else owner.with_columns(names))
    return None


def _pop(owner: Frame, call: Call) -> Value:
    names = call.names("item", 0)
    if names is None or len(names) != 1:
        call.change(owner, owner.part())
        return None
    call.change(owner, owner.without(names))
    return Column(next(iter(names)), owner.rows)


def _groupby(owner: Frame, call: Call) -> Value:
    return replace(owner, kind="group")


def _iterrows(owner: Frame, call: Call) -> Value:
    return Several((Several((None, replace(owner, kind="row"))),))


def _eval(owner: Frame, call: Call) -> Value:
    if call.constant("inplace") is True:
        call.change(owner, owner.unknown())
    return owner.unknown()


def _reindex(owner: Frame, call: Call) -> Value:
    names = many_of(call.value("columns"))
    return owner.unknown() if call.said("columns", "axis") or names is not None else replace(owner)


SPECIAL: dict[str, Callable[[Frame, Call], Value]] = {
    "dropna": _dropna,
    "drop": _drop,
    "rename": _rename,
    "assign": _assign,
    "set_index": _set_index,
    "reset_index": _reset_index,
    "insert": _insert,
    "pop": _pop,
    "groupby": _groupby,
    "iterrows": _iterrows,
    "eval": _eval,
    "reindex": _reindex,
}
