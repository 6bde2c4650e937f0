"""Frames of pandas: which columns they have at most, through selections and the common methods."""

from __future__ import annotations

import ast
from typing import Any

from harness.steering.programs.look_values import (
    MOST_NAMES,
    OPERATORS,
    PARTS,
    Known,
    Of,
    called_as,
    constant,
    constants,
    evaluate,
    pandas_class,
)

# They give a frame whose columns are some of those before.
KEEPING = {
    *("head", "tail", "copy", "sample", "sort_values", "sort_index", "drop_duplicates", "query"),
    *(
        "astype",
        "round",
        "fillna",
        "ffill",
        "bfill",
        "abs",
        "nlargest",
        "nsmallest",
        "clip",
        "drop",
    ),
    *("infer_objects", "convert_dtypes", "truncate", "interpolate", "replace", "where", "mask"),
    *("dropna", "shift", "diff", "cumsum", "isna", "isnull", "notna", "notnull", "rank"),
    *("select_dtypes", "filter"),
}
PLAIN_LABELS = ("str", "int", "float", "bool", "NoneType", "tuple", "int64", "float64", "Timestamp")


def shape_of(value: Any) -> Of | None:
    """A live frame as what is known of it; None where a value is no plain frame."""
    frame, series = pandas_class("DataFrame"), pandas_class("Series")
    if frame is None or series is None or type(value) not in (frame, series):
        return None
    levels = tuple(name for name in value.index.names if type(name) is str)
    if type(value) is series:
        return Of((series,), columns=labels(value.index), levels=levels)
    rows = labels(value.index)
    return Of((frame,), columns=labels(value.columns), levels=levels, rows=rows)


def labels(index: Any) -> tuple[str, ...] | None:
    """The texts among an index's labels; None where others might be found by a text too."""
    plain = (pandas_class("Index"), pandas_class("RangeIndex"))
    if type(index) not in plain:
        return None
    if type(index) is plain[1] or getattr(index.dtype, "kind", "O") in "iufb":
        return ()
    if len(index) > MOST_NAMES:
        return None
    found = index.tolist()
    if any(called_as(type(one)).rpartition(".")[2] not in PLAIN_LABELS for one in found):
        return None
    return tuple(one for one in found if type(one) is str)


def keys_of(value: Any) -> tuple[str, ...] | None:
    """All texts that a live container has as keys; None where there may be more."""
    if type(value) is dict:
        if len(value) > MOST_NAMES or any(type(key) not in (str, int, float) for key in value):
            return None
        return tuple(key for key in value if type(key) is str)
    if pandas_class("Series") is not None and type(value) is pandas_class("Series"):
        return labels(value.index)
    return None


def is_table(value: Any) -> bool:
    """Whether it is, or will be, a frame."""
    return isinstance(value, Of) and value.classes == (pandas_class("DataFrame"),)


def is_series(value: Any) -> bool:
    """Whether it is, or will be, a column."""
    return isinstance(value, Of) and value.classes == (pandas_class("Series"),)


def as_shape(value: Any) -> Any:
    """A live frame as what is known of it; all else as it is."""
    return (shape_of(value.value) or value) if isinstance(value, Known) else value


def selected(owner: Of, index: ast.expr) -> Of | None:
    """What ``owner[index]`` gives."""
    grouped = owner.classes == (pandas_class("DataFrameGroupBy"),)
    if not grouped and not is_table(owner):
        return None
    one, several = constant(index), constants(index)
    if one is not None:
        if owner.columns is None or owner.columns.count(one) > 1:
            return None
        if grouped:
            return Of((pandas_class("SeriesGroupBy"),))
        return Of((pandas_class("Series"),), columns=owner.rows, levels=owner.levels)
    if isinstance(index, ast.List) or several is not None:
        return owner._replace(columns=several) if isinstance(index, ast.List) else None
    if grouped:
        return None
    if isinstance(index, (ast.Slice, *OPERATORS)):
        return owner
    chosen = as_shape(evaluate(index, False, 1)) if isinstance(index, ast.Call) else None
    return owner if is_series(chosen) else None


def method_of(owner: Of, name: str, call: ast.Call) -> Any:
    """What a frame's method returns; NotImplemented where its annotation is to say that."""
    given = {one.arg: one.value for one in call.keywords}
    if "inplace" in given or None in given:
        return None
    if name in KEEPING:
        return owner
    if name in ("describe", "corr", "cov"):
        return owner._replace(rows=None, levels=None)
    if name == "assign":
        return with_columns(owner, tuple(key for key in given if key is not None))
    if name == "rename":
        return renamed(owner, given.get("columns"), call)
    if name == "reset_index":
        return reset(owner, given)
    if name == "groupby":
        return Of((pandas_class("DataFrameGroupBy"),), True, owner.columns, owner.levels)
    if name == "set_index":
        keys = constants(call.args[0] if call.args else given.get("keys"))
        both = None if keys is None or owner.levels is None else (*owner.levels, *keys)
        return owner._replace(levels=both, rows=None)
    return NotImplemented


def with_columns(owner: Of, more: tuple[str, ...]) -> Of:
    """A frame that may have more columns."""
    return owner if owner.columns is None else owner._replace(columns=(*owner.columns, *more))


def renamed(owner: Of, mapping: ast.expr | None, call: ast.Call) -> Of:
    """A frame some of whose columns have other names."""
    if call.args or not isinstance(mapping, ast.Dict):
        return owner._replace(columns=None, levels=None, rows=None)
    names = constants(ast.List(mapping.values))
    return with_columns(owner, names) if names is not None else owner._replace(columns=None)


def reset(owner: Of, given: dict[str | None, ast.expr]) -> Of:
    """A frame whose index became columns."""
    if owner.levels is None or "names" in given:
        return owner._replace(columns=None, levels=(), rows=())
    made = (*owner.levels, "index", *(f"level_{i}" for i in range(10)))
    return with_columns(owner, made)._replace(levels=(), rows=())


PARTS.update(selected=selected, shape_of=shape_of)
