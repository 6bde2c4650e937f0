"""Where code names columns of a frame: subscripts, and arguments of methods, plots and readers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.findings.columns.calls import Call, Known, keys_of
from harness.findings.columns.values import Frame, Text, texts_of
from harness.notebooks.frame_calls import NAMES_COLUMNS

METHODS = {**NAMES_COLUMNS, "plot": ("x", "y")}
MAY_NAME_LEVELS = {"groupby", "sort_values", "nlargest", "nsmallest", "pivot_table", "pivot"}
BY_KEY = {"astype", "agg", "aggregate"}  # a dictionary's keys name columns, each of which has to be
PLOTS = {"scatter", "bar", "barh", "line", "area", "hexbin", "hist", "box", "pie", "kde", "density"}
TWO_PLACES = {"scatter", "bar", "barh", "line", "area", "hexbin"}  # x and y come first
SEABORN = ("x", "y", "hue", "size", "style", "units", "col", "row", "vars", "x_vars", "y_vars")
BACKTICKED = re.compile(r"`([^`]*)`")
LONGEST_QUERY = 5_000  # characters
FITS = {"fit", "fit_transform", "partial_fit", "fit_predict", "fit_resample"}
IN_QUERIES = {"index", "ilevel_0", "True", "False", "None", "nan", "NaN", "inf"}


class Named(NamedTuple):
    """A text that names a column of a frame. ``level``: a name of its index will do."""

    text: Text
    frame: Frame
    level: bool = False
    within: str = ""  # the name, where the text says more than it
    raises: bool = True  # whether it fails where the column is not there


def of_subscript(node: ast.Subscript, known: Known) -> Iterator[Named]:
    """``frame[…]``, ``frame.loc[…, …]`` and the like."""
    owner = known.get(node.value)
    if not isinstance(owner, Frame):
        return
    index: ast.expr | None = node.slice
    if owner.kind == "loc":
        pair = index.elts if isinstance(index, ast.Tuple) else []
        index = pair[1] if len(pair) == 2 else None
    elif owner.kind not in ("frame", "group", "row"):
        return
    if index is not None:
        for text in texts_of(known.get(index)) or ():
            yield Named(text, owner, level=owner.kind == "group")


def of_method(owner: Frame, name: str, call: Call, cell: str) -> Iterator[Named]:
    """The arguments of a method of a frame, of a group or of ``frame.plot``."""
    if call.open:
        return
    if owner.kind == "plot":
        yield from _plotted(owner, name, call)
    elif name in BY_KEY and owner.kind in ("frame", "group"):
        yield from _keyed(owner, name, call, cell)
    elif owner.kind == "names" and name == "drop" and not call.said("errors"):
        yield from _at(call, owner, "labels", 0)
    elif owner.kind == "frame" and name in OWN:
        yield from OWN[name](owner, call, cell)
    elif owner.kind == "frame" and not _by_rows(name, call):
        for one in METHODS.get(name, ()):
            yield from _at(call, owner, one, level=name in MAY_NAME_LEVELS)


def of_plot(call: Call) -> Iterator[Named]:
    """The arguments of one of seaborn's functions."""
    owner = call.value("data", 0)
    if isinstance(owner, Frame) and owner.kind == "frame" and not call.open:
        for name in SEABORN:
            yield from _at(call, owner, name, level=True)


def of_pandas(name: str, call: Call, made: Frame | None) -> Iterator[Named]:
    """The arguments of one of pandas' functions; ``made``: the table that it reads, all of it."""
    if call.open:
        return
    if made is not None:
        for one in ("usecols", "index_col", "parse_dates"):
            yield from _at(call, made, one)
        return
    owner = call.value(0, "data", "frame")
    if not isinstance(owner, Frame) or owner.kind != "frame":
        return
    places = {
        "get_dummies": ("columns",),
        "melt": ("id_vars", "value_vars"),
        "pivot_table": ("index", "columns", "values"),
    }
    for one in places.get(name, ()):
        yield from _at(call, owner, one, level=name == "pivot_table")


def _at(call: Call, owner: Frame, *places: int | str, level: bool = False) -> Iterator[Named]:
    for text in call.texts(*places) or ():
        yield Named(text, owner, level=level)


def _by_rows(name: str, call: Call) -> bool:
    """Whether the texts name rows, or may."""
    if name in ("sort_values", "dropna"):
        return call.expr("axis") is not None and call.constant("axis") not in (0, "index")
    return call.said("level")


def _plotted(owner: Frame, name: str, call: Call) -> Iterator[Named]:
    """``frame.plot.scatter(x, y)`` and the like."""
    places = ((0, "x"), (1, "y")) if name in TWO_PLACES else (("x",), ("y",))
    for place in places if name in PLOTS else ():
        yield from _at(call, owner, *place)


def _keyed(owner: Frame, name: str, call: Call, cell: str) -> Iterator[Named]:
    """``agg({"column": "mean"})``, and of a group also ``agg(new=("column", "mean"))``."""
    grouped = owner.kind == "group"
    for text in keys_of(call.expr(0, "func", "dtype"), cell) or ():
        yield Named(text, owner, level=grouped)
    for value in call.named.values() if grouped and name != "astype" else ():
        first = value.elts[0] if isinstance(value, ast.Tuple) and len(value.elts) == 2 else None
        for text in (texts_of(call.known.get(first)) or ()) if first is not None else ():
            yield Named(text, owner, level=True)


def _renamed(owner: Frame, call: Call, cell: str) -> Iterator[Named]:
    """What is not there is passed over in silence, so that the name stays as it was."""
    if call.constant("errors") is ... and call.constant("level") is ...:
        for text in keys_of(call.expr("columns"), cell) or ():
            yield Named(text, owner, raises=False)


def _dropped(owner: Frame, call: Call, cell: str) -> Iterator[Named]:
    if call.said("errors", "level") and call.constant("errors") != "raise":
        return
    if call.expr("columns") is not None:
        yield from _at(call, owner, "columns")
    elif call.by_columns:
        yield from _at(call, owner, "labels", 0)


def _queried(owner: Frame, call: Call, cell: str) -> Iterator[Named]:
    """The names in a query, but those of variables."""
    text = call.value(0, "expr")
    if not isinstance(text, Text) or len(text.value) > LONGEST_QUERY:
        return
    quoted = {f"backticked_{i}": one for i, one in enumerate(BACKTICKED.findall(text.value))}
    numbers = iter(quoted)
    plain = BACKTICKED.sub(lambda found: next(numbers), text.value).replace("@", "variable__")
    try:
        tree = ast.parse(plain.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in called:
            name = quoted.get(node.id, node.id)
            if name not in IN_QUERIES and not name.startswith("variable__"):
                yield Named(text, owner, level=True, within=name)


OWN = {"drop": _dropped, "query": _queried, "rename": _renamed}
