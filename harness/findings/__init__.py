"""What is imperfect in a notebook that a model wrote: four kinds, a module or folder each.

Import ``find`` from here. A kind is a module of this folder, found by being there: ``KIND``, and
``find(subject)``, which yields Findings. It reads what is stored and runs nothing; where it is not
sure it says nothing. The smallest one to copy is ``explicitness/todo.py``; ``subject.py`` tells
what is known of a notebook, ``places.py`` where in a cell something stands.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from harness.findings.subject import Subject
from harness.records import Finding, FindingKind

Finder = Callable[[Subject], Iterable[Finding]]
VERSION = 6  # of what is found; grows with every change of it, so that records are looked at anew


def kinds() -> dict[FindingKind, Finder]:
    """The kinds that there are, and who finds them."""
    found: dict[FindingKind, Finder] = {}
    for _, name, _ in pkgutil.iter_modules([str(Path(__file__).parent)]):
        module = importlib.import_module(f"{__name__}.{name}")
        if hasattr(module, "KIND"):  # the others are shared by the kinds
            found[module.KIND] = module.find
    return found


def find(
    subject: Subject, finders: Mapping[FindingKind, Finder] | None = None
) -> tuple[Finding, ...]:
    """All findings, in the order of the cells and of places in them; none of them twice.

    ``finders``: who looks, by default ``kinds()``.
    """
    every_finder = kinds() if finders is None else finders
    order = {cell.id: number for number, cell in enumerate(subject.notebook.cells)}
    every = dict.fromkeys(one for finder in every_finder.values() for one in finder(subject))
    return tuple(sorted(every, key=lambda one: (order[one.cell], one.line, one.column, one.rule)))
