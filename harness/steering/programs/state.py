"""What the names stand for, in one line: whether two moments differ can be told from two of them.

Only shapes and identities are looked at, so it takes milliseconds, and a change of a value in its
place is not seen.
"""

from __future__ import annotations

import posix
import sys
import types
from typing import Any

USER: dict[str, Any]
SIZED = (list, tuple, dict, set, frozenset, bytearray)
OF_THE_SHELL = {"In", "Out"}  # they grow with every cell
MOST_FILES = 1_000
MOST_COLUMNS = 20_000


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """``own``: the names of functions and classes that cells defined."""
    names = [name for name in list(USER) if type(name) is str and is_shown(name)]
    parts = [(name, id(USER[name]), shallow(USER[name])) for name in names]
    files = sorted((one.name, one.stat().st_size) for one in entries(question["folder"]))
    own = [name for name in names if is_own(USER[name])]
    text = repr((parts, files))
    return {"state": text if len(text) < 100_000 else str(hash(text)), "own": own[:1_000]}


def is_shown(name: str) -> bool:
    """Whether a name is one of the cells'."""
    return not name.startswith("_") and name not in OF_THE_SHELL


def shallow(value: object) -> object:
    """A value's size, and of a table what it is made of."""
    kind = type(value)
    if any(kind is one for one in SIZED):
        return len(value)  # type: ignore[arg-type]
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and kind is numpy.ndarray:
        return value.shape  # type: ignore[attr-defined]
    if pandas is None or not (kind is pandas.DataFrame or kind is pandas.Series):
        return None
    if kind is pandas.Series:
        return len(value.index), str(value.dtype)  # type: ignore[attr-defined]
    columns = value.columns  # type: ignore[attr-defined]
    plain = tuple(one for one in columns[:MOST_COLUMNS] if type(one) is str)
    kinds = tuple(str(one.dtype) for one in value._mgr.blocks)  # type: ignore[attr-defined]
    return len(value.index), len(columns), hash(plain), kinds  # type: ignore[attr-defined]


def is_own(value: object) -> bool:
    """Whether a call of it would run what a cell wrote."""
    if type(value) is types.FunctionType:
        return value.__module__ == "__main__"
    is_class = issubclass(type(value), type)
    return is_class and type.__dict__["__module__"].__get__(value) == "__main__"


def entries(folder: str) -> list[Any]:
    """What is in the working folder."""
    found = []
    with posix.scandir(folder) as listed:
        for one in listed:
            found.append(one)
            if len(found) >= MOST_FILES:
                break
    return found
