"""What the names of the cells stand for: types, shapes, columns, a few plain values.

Nothing of a value is called: its exact type is asked for, and of the few types that are known here
what their own classes tell. So a ``repr``, an ``__getattr__`` or a ``shape`` that raises, hangs or
lies is never reached. Where somebody has put something else into pandas, time is what ends it.
"""

from __future__ import annotations

import posix
import sys
import time
import types
from typing import Any

USER: dict[str, Any]
OF_THE_SHELL = {"In", "Out", "exit", "quit", "get_ipython", "open", "display"}
PLAIN = (str, int, float, bool, type(None))
SIZED = (list, tuple, dict, set, frozenset, bytes, bytearray)
LONGEST = 200  # characters of any text
LONGEST_NUMBER = 9  # characters, before it is rounded
HEAD = 50  # rows of which values are taken
MOST_VALUES = 3  # of a column
MOST_CELLS = 400_000  # of a frame whose nulls are counted
MOST_BIG_CELLS = 20_000_000  # the same, where no value is an object
MOST_ITEMS = 5  # of a list
MOST_DEPTH = 2
DEEPEST_FILES = 2  # folders
DESCRIPTORS = type.__dict__


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """``first``: names to begin with; ``inputs``: files that are none of the cells'.

    ``variables``, ``columns``, ``files`` and ``seconds`` are the most of each.
    """
    began = time.thread_time()
    until = began + question["seconds"]
    names = [name for name in list(USER) if type(name) is str and shown(name)]
    known = set(names)
    order = list(dict.fromkeys([name for name in question["first"] if name in known]))
    first = set(order)
    order += [name for name in reversed(names) if name not in first]
    found: dict[str, Any] = {"variables": [], "imports": {}, "files": [], "left": 0}
    budget = {"columns": question["columns"]}
    try:
        for place, name in enumerate(order):
            if time.thread_time() > until or len(found["variables"]) >= question["variables"]:
                found["left"] = len(order) - place
                break
            tell(name, USER[name], found, budget, until)
    except KeyboardInterrupt:  # it took too long: what is known by then is worth telling
        found["left"] = len(order) - len(found["variables"]) - len(found["imports"])
    found["files"] = files(question["inputs"], question["files"])
    found["seconds"] = time.thread_time() - began
    return found


def shown(name: str) -> bool:
    """Whether a name is one of the cells'."""
    return not name.startswith("_") and name not in OF_THE_SHELL and len(name) <= LONGEST


def tell(
    name: str, value: object, found: dict[str, Any], budget: dict[str, int], until: float
) -> None:
    """Add what is known of a name."""
    origin = imported(value)
    if origin is not None:
        if len(found["imports"]) < 300:
            found["imports"][text(name)] = text(origin)
        return
    about: dict[str, Any] = {"name": text(name), "type": type_name(type(value))}
    found["variables"].append(about)
    try:
        about.update(details(value, budget, until))
    except Exception:
        about["value"] = None


def details(value: Any, budget: dict[str, int], until: float) -> dict[str, Any]:
    """What is told of a value beside its type."""
    kind = type(value)
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if pandas is not None and kind is pandas.DataFrame:
        return frame(value, budget, until)
    if pandas is not None and (kind is pandas.Series or among(kind, plain_indexes(pandas))):
        about = {"shape": [len(value)], "dtype": text(str(value.dtype))}
        return about | {"value": listed(several(value[:HEAD].tolist()))}
    if numpy is not None and kind is numpy.ndarray:
        return {"shape": list(value.shape), "dtype": text(str(value.dtype))}
    if kind is types.FunctionType or kind is type:
        return {"signature": signature(value)}
    if numpy is not None and issubclass(kind, numpy.generic) and of_library(kind, "numpy"):
        value = value.item()
    return {"value": plain(value)} | ({"shape": [len(value)]} if among(kind, SIZED) else {})


def frame(value: Any, budget: dict[str, int], until: float) -> dict[str, Any]:
    """A table: its columns as far as there is room, with dtypes, a few values, nulls."""
    rows, columns = len(value.index), value.columns
    about: dict[str, Any] = {"shape": [rows, len(columns)], "columns": []}
    most = min(len(columns), budget["columns"])
    kinds = [str(kind) for kind in value.dtypes.iloc[:most]]
    objects = any(kind in ("object", "str", "string") for kind in kinds)
    small = rows * max(1, most) <= (MOST_CELLS if objects else MOST_BIG_CELLS)
    nulls = value.iloc[:, :most].isna().sum().tolist() if small else [None] * most
    head = value.iloc[:HEAD]
    for place in range(most):
        if time.thread_time() > until:
            break
        values = several(head.iloc[:, place].tolist())
        one = {"name": label(columns[place]), "dtype": text(kinds[place]), "nulls": nulls[place]}
        about["columns"].append(one | {"values": values})
    budget["columns"] -= len(about["columns"])
    about["columns_left"] = len(columns) - len(about["columns"])
    return about


def label(name: object) -> str:
    """The name of a column: of text as it is, of anything else as Python writes it."""
    return text(name) if type(name) is str else plain(name) or f"<{type_name(type(name))}>"


def several(values: list[Any]) -> list[str]:
    """The first few different plain values of a list."""
    found: dict[str, None] = {}
    for value in values:
        written = plain(value)
        if written is not None and value is not None and value == value:  # noqa: PLR0124 - NaN
            found[written] = None
        if len(found) == MOST_VALUES:
            break
    return list(found)


def plain(value: Any, depth: int = 0) -> str | None:
    """A plain value as Python writes it, short; None where it is none."""
    kind = type(value)
    if kind is str:
        return text(repr(value if len(value) <= LONGEST // 2 else value[: LONGEST // 2] + "…"))
    if kind is int and value.bit_length() > 200:
        return None
    if kind is float and len(repr(value)) > LONGEST_NUMBER:
        return f"{value:.6g}"
    if among(kind, PLAIN):
        return repr(value)
    if among(kind, (list, tuple, set, frozenset)) and depth < MOST_DEPTH:
        items = [plain(one, depth + 1) or f"<{type_name(type(one))}>" for one in some(value)]
        return written(kind, items, len(value) > MOST_ITEMS)
    if kind is dict and depth < MOST_DEPTH:
        pairs = [
            f"{plain(key, depth + 1) or '…'}: "
            f"{plain(one, depth + 1) or f'<{type_name(type(one))}>'}"
            for key, one in [(key, value[key]) for key in some(value) if among(type(key), PLAIN)]
        ]
        return written(kind, pairs, len(value) > MOST_ITEMS)
    return timestamp(value)


def timestamp(value: Any) -> str | None:
    """A moment as pandas or the standard library writes it."""
    kind = type(value)
    pandas, datetime = sys.modules.get("pandas"), sys.modules.get("datetime")
    of_pandas = pandas is not None and kind is pandas.Timestamp
    of_python = datetime is not None and among(kind, (datetime.date, datetime.datetime))
    return repr(str(value)) if of_pandas or of_python else None


def some(values: Any) -> list[Any]:
    """The first items of a collection."""
    found = []
    for value in values:
        found.append(value)
        if len(found) == MOST_ITEMS:
            break
    return found


def written(kind: type, items: list[str], more: bool) -> str:
    """A collection of items that are written."""
    inside = ", ".join([*items, *(["…"] if more else [])])
    first, last = "[]" if kind is list else "()" if kind is tuple else "{}"
    return text(f"{first}{inside}{last}")


def listed(values: list[str]) -> str | None:
    """A few values in a row."""
    return text(", ".join(values)) if values else None


def imported(value: object) -> str | None:
    """What a name is an import of, or None."""
    kind = type(value)
    if among(types.ModuleType, DESCRIPTORS["__mro__"].__get__(kind)):
        name = object.__getattribute__(value, "__dict__").get("__name__")
        return name if type(name) is str else None
    if among(kind, (types.FunctionType, types.BuiltinFunctionType)):
        module, name = value.__module__, value.__qualname__  # type: ignore[attr-defined]
    elif issubclass(kind, type):
        module, name = (DESCRIPTORS[one].__get__(value) for one in ("__module__", "__qualname__"))
    else:
        return None
    if type(module) is not str or type(name) is not str or module in ("__main__", "builtins"):
        return None
    # Where it is defined may be nobody's business: the rest is where it is imported from.
    public = [part for part in module.split(".") if not part.startswith("_")]
    return ".".join([*public, name])


def among(kind: type, kinds: tuple[type, ...]) -> bool:
    """Whether it is one of them: itself, and not what a class calls its equal."""
    return any(kind is one for one in kinds)


def type_name(kind: type) -> str:
    """A type by module and name, as its own class has it; pandas' by where they are found."""
    module, name = (DESCRIPTORS[one].__get__(kind) for one in ("__module__", "__qualname__"))
    if type(module) is not str or type(name) is not str:
        return "an unnamed type"
    return text(name if module in ("builtins", "__main__") else f"{module}.{name}")


def of_library(kind: type, library: str) -> bool:
    """Whether a type says that it comes from there."""
    module = DESCRIPTORS["__module__"].__get__(kind)
    return type(module) is str and module.split(".")[0] == library


def plain_indexes(pandas: Any) -> tuple[type, ...]:
    """The kinds of an index that are told like a column."""
    return (pandas.Index, pandas.RangeIndex, pandas.DatetimeIndex)


def signature(value: Any) -> str | None:
    """A function's, or that of what makes an instance of a class, from its code alone."""
    if type(value) is type:
        value = DESCRIPTORS["__dict__"].__get__(value).get("__init__")
    if type(value) is not types.FunctionType:
        return None
    code = value.__code__
    names = list(code.co_varnames)
    given, only = code.co_argcount, code.co_kwonlyargcount
    defaults, by_name = value.__defaults__ or (), value.__kwdefaults__ or {}
    parts = []
    for place, name in enumerate(names[:given]):
        has = place - (given - len(defaults))
        parts.append(name if has < 0 else f"{name}={plain(defaults[has]) or '…'}")
    star = 4 & code.co_flags
    if star:
        parts.append(f"*{names[given + only]}")
    elif only:
        parts.append("*")
    for name in names[given : given + only]:
        parts.append(f"{name}={plain(by_name[name]) or '…'}" if name in by_name else name)
    if 8 & code.co_flags:
        parts.append(f"**{names[given + only + bool(star)]}")
    return text(f"({', '.join(parts)})")


def files(inputs: list[str], most: int) -> list[dict[str, Any]]:
    """What the cells wrote, newest first."""
    found: list[tuple[float, str, int]] = []
    waiting = [("", 0)]
    try:
        while waiting and len(found) < 10 * most:
            folder, depth = waiting.pop()
            with posix.scandir(folder or ".") as listed_here:
                for one in listed_here:
                    name = folder + one.name
                    if one.name.startswith((".", "__pycache__")) or name in inputs:
                        continue
                    if one.is_dir(follow_symlinks=False):
                        waiting += [(f"{name}/", depth + 1)] if depth < DEEPEST_FILES else []
                        continue
                    facts = one.stat(follow_symlinks=False)
                    found.append((facts.st_mtime, name, facts.st_size))
    except OSError:
        pass
    newest = sorted(found, reverse=True)[:most]
    return [{"name": text(name), "size": size} for _, name, size in newest]


def text(value: str) -> str:
    """Short, and such that it can be written anywhere."""
    value = value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    return value.encode("utf-8", "replace").decode()
