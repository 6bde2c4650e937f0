"""All facts of a failure, from every module of evidence that there is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from harness.records import Evidence
from harness.steering.evidence.failure import Ask, Failure

NONE = {"failure", "gathering"}  # modules that find nothing


class Finder(NamedTuple):
    """A module of evidence."""

    name: str
    find: Callable[[Failure, Ask], Iterator[str]]


def finders(package: str, folder: Path) -> tuple[Finder, ...]:
    """Those in a package's folder, in the order of their names."""
    names = sorted(one.name for one in pkgutil.iter_modules([str(folder)]))
    modules = (importlib.import_module(f"{package}.{one}") for one in names if one not in NONE)
    return tuple(Finder(one.NAME, one.find) for one in modules)


def gather(failure: Failure, ask: Ask) -> tuple[Evidence, ...]:
    """Every fact that a module finds, each once."""
    known = finders("harness.steering.evidence", Path(__file__).parent)
    found = [Evidence(kind=one.name, text=text) for one in known for text in one.find(failure, ask)]
    return tuple(dict.fromkeys(found))
