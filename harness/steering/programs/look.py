"""Answers about live objects, and about what calls of them would give, without running any code.

The question names expressions, modules and names; the answer says what is sure of each. Parts of
this program are in ``look_*.py`` beside it, and are sent with it.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import os
import re
import sys
import types
from pathlib import Path
from typing import Any

from harness.steering.programs.look_attributes import attributes_of
from harness.steering.programs.look_calls import signature_of
from harness.steering.programs.look_frames import as_shape, is_table, keys_of
from harness.steering.programs.look_values import (
    Known,
    Of,
    called_as,
    evaluate,
    installed,
    is_class,
    user_names,
)

MOST_FILES = 500
EXPORTS = re.compile(r"^__all__\s*(?::[^=]*)?=\s*[\[(](.*?)[\])]", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"['\"](\w+)['\"]")
# `import x as x` says that a name is meant for others (the typing specification, "stub files").
REEXPORTED = re.compile(r"^from [.\w]+ import (\w+) as \1$", re.MULTILINE)


class Tables:
    """Lists that several facts share."""

    def __init__(self) -> None:
        self.lists: dict[str, list[str]] = {}
        self._known: dict[Any, str] = {}

    def add(self, names: Any) -> str | None:
        """The key of a list; None where there is no list."""
        if names is None:
            return None
        kept = tuple(names) if isinstance(names, tuple) else tuple(sorted(names))
        if kept not in self._known:
            self._known[kept] = str(len(self._known))
            self.lists[self._known[kept]] = list(kept)
        return self._known[kept]


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What is sure of all that is asked for."""
    tables = Tables()
    found: dict[str, Any] = {"tables": tables.lists}
    found["facts"] = [fact(text, deferred, tables) for text, deferred in question.get("look", ())]
    found["modules"] = {name: is_there(name) for name in question.get("modules", ())}
    if question.get("names"):
        names = {*user_names(), *vars(builtins)}
        found["names"] = sorted(one for one in names if type(one) is str)
    if question.get("files"):
        found["files"] = files()
    if question.get("exports"):
        found["exports"] = exports(question["exports"])
    return found


def fact(text: str, deferred: bool, tables: Tables) -> dict[str, Any] | None:
    """What is sure of one expression."""
    try:
        node = ast.parse(text, mode="eval").body
        value = evaluate(node, deferred)
        if value is None:
            return None
        shape = as_shape(value)
        is_known = isinstance(value, Known)
        attributes, callables = attributes_of(value)
        return {
            "kind": kind_of(value),
            "attributes": tables.add(attributes),
            "callables": tables.add(callables),
            "columns": tables.add(shape.columns if isinstance(shape, Of) else None),
            "levels": tables.add(shape.levels if isinstance(shape, Of) else None),
            "keys": tables.add(keys_of(value.value) if is_known else None),
            "signature": signature_of(value),
        }
    except Exception:
        return None


def kind_of(value: Any) -> str:
    """A frame, a module, a class, or where a function or an instance's class is from."""
    if is_table(as_shape(value)):
        return "frame"
    if isinstance(value, Known):
        if type(value.value) is types.ModuleType:
            return "module"
        if is_class(value.value):
            return "class"
        if type(value.value) is types.FunctionType:
            return f"function {value.value.__module__}.{value.value.__qualname__}"
        return f"instance {called_as(type(value.value))}"
    if isinstance(value, Of):
        names = {called_as(one) for one in value.classes}
        return f"instance {'|'.join(sorted(names))}"
    return "method"


def is_there(name: str) -> bool | None:
    """Whether a module can be imported: an installed one, or a file of the work folder."""
    top = name.partition(".")[0]
    try:
        if name in sys.modules:
            return True
        if top == name or installed(top):
            return importlib.util.find_spec(name) is not None
        return None if importlib.util.find_spec(top) is not None else False
    except ModuleNotFoundError:
        return False
    except Exception:
        return None


def files() -> list[str] | None:
    """The files of the work folder, by their paths from there; None where they are too many."""
    found: list[str] = []
    waiting = ["."]
    while waiting and len(found) + len(waiting) <= MOST_FILES:
        with os.scandir(waiting.pop()) as entries:
            for one in entries:
                if one.is_dir(follow_symlinks=False):
                    waiting.append(one.path)
                else:
                    found.append(os.path.normpath(one.path))
    return None if waiting else sorted(found)


def exports(packages: list[str]) -> dict[str, list[str]]:
    """Which public modules of some packages say that they export a name, by that name.

    Their texts are read; none of them is imported.
    """
    found: dict[str, list[str]] = {}
    for package in packages:
        try:
            spec = importlib.util.find_spec(package)
        except Exception:  # noqa: S112 - what cannot be found exports nothing
            continue
        if spec is None or not spec.origin or not installed(package):
            continue
        top = Path(spec.origin)
        paths = [top]
        if top.name == "__init__.py":
            paths += [*top.parent.glob("[a-z]*.py"), *top.parent.glob("[a-z]*/__init__.py")]
        for path in paths:
            below = path.parent if path.name == "__init__.py" else path.with_suffix("")
            inner = below.relative_to(top.parent).parts if path != top else ()
            module = ".".join([package, *inner])
            text = path.read_text(encoding="utf-8", errors="replace")
            listed = EXPORTS.search(text)
            names = QUOTED.findall(listed.group(1)) if listed else []
            for name in dict.fromkeys(names + REEXPORTED.findall(text)):
                found.setdefault(name, []).append(module)
    return found
