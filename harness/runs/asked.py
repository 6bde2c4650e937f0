"""What a step's prompt asks for by name: the names in backticks, and the files.

Names of functions come as ``objective(trial)``. What is dotted, or "its own", is an attribute of
something; what Python itself has, and a package that is installed, are asked of nobody. A file is
what stands in quotes or backticks with an ending that files have, and what the stage promises,
wherever it stands.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import keyword
import mimetypes
import re
import sysconfig
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from harness.notebooks import syntax
from harness.records import Observation

TICKED = re.compile(r"(?<!its )(?<!its own )`([^`\n]{1,200})`")
QUOTED = re.compile(r"[\"'“]([\w.-]{1,100})[\"'”]")
CALLED = re.compile(r"([^\W\d]\w*)(\([\w\s,=*.]*\))?")
FILE = re.compile(r"[\w-][\w.-]*(\.\w{1,10})")


class Asked(NamedTuple):
    """Names to be bound, and files to be written."""

    names: tuple[str, ...]
    files: tuple[str, ...]


def of(prompt: str, produces: Collection[str] = ()) -> Asked:
    """What a rendered prompt asks for; ``produces`` are files that the stage promises."""
    endings = {name[name.rindex(".") :] for name in produces if "." in name}
    ticked = TICKED.findall(prompt)
    names = [found[1] for one in ticked if (found := CALLED.fullmatch(one))]
    files = [one for one in produces if one in prompt]
    files += [one for one in (*ticked, *QUOTED.findall(prompt)) if _is_file(one, endings)]
    return Asked(
        tuple(dict.fromkeys(n for n in names if not _is_pythons(n) and not _is_package(n))),
        tuple(dict.fromkeys(files)),
    )


def lacking(asked: Asked, seen: Observation) -> tuple[str, ...]:
    """What is asked for and neither a name nor a column nor a file that the kernel holds."""
    there = {one.name for one in seen.variables} | set(seen.imports)
    there |= {column.name for one in seen.variables for column in one.columns}
    files = {one.name for one in seen.files}
    return (
        *(one for one in asked.names if one not in there),
        *(one for one in asked.files if one not in files),
    )


def without(asked: Asked, names: Iterable[str]) -> Asked:
    """The same without what is known to be something else, such as columns and given files."""
    known = set(names)
    return Asked(*(tuple(one for one in part if one not in known) for part in asked))


def inside(sources: Iterable[str]) -> frozenset[str]:
    """Names that functions bind for themselves: of these no kernel holds anything."""
    functions = (
        node
        for source in sources
        for node in ast.walk(syntax.tree(source) or ast.Module([], []))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return frozenset(
        node.id
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def _is_file(text: str, endings: Collection[str]) -> bool:
    found = FILE.fullmatch(text)
    if found is None:
        return False
    return found[1] in endings or mimetypes.guess_type(text)[0] is not None


@lru_cache(maxsize=1_000)
def _is_package(name: str) -> bool:
    """Whether it can be imported from where packages are installed: nothing is imported."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return False
    origin = found.origin if found is not None else None  # None: a folder of that name, here
    return origin is not None and Path(origin).is_relative_to(sysconfig.get_path("purelib"))


def _is_pythons(name: str) -> bool:
    return keyword.iskeyword(name) or hasattr(builtins, name)
