"""Tells a failure that stands by itself (root) from one that follows from another (cascade)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from harness.notebooks import syntax
from harness.notebooks.notebook import Notebook
from harness.records import CellResult

MISSING_NAME = re.compile(r"name '(\w+)' is not defined")


def classify(
    raw: Notebook, results: Iterable[CellResult], passing: Collection[str] = ()
) -> tuple[CellResult, ...]:
    """``results`` of the raw notebook with every failure classed.

    A cascade is a NameError on a name that an earlier failed cell would have bound, or a cell in
    ``passing``: those that ran without a change where the cells before them were patched.
    """
    missing: set[str] = set()
    found = []
    for result in results:
        if not result.failed:
            found.append(result.model_copy(update={"failure": None}))
            continue
        name = MISSING_NAME.search(result.message or "") if result.error == "NameError" else None
        follows = (name is not None and name.group(1) in missing) or result.cell in passing
        missing |= syntax.bound_names(raw.sources.get(result.cell, ""))
        found.append(result.model_copy(update={"failure": "cascade" if follows else "root"}))
    return tuple(found)


def passing(raw: Notebook, patched: Notebook, results: Iterable[CellResult]) -> set[str]:
    """Raw cells that stand unchanged in the patched notebook, behind a change, and ran there."""
    ran = {result.cell for result in results if result.status == "ok"}
    is_changed = False
    found = set()
    for cell in patched.code:
        if raw.sources.get(cell.id) != cell.source:
            is_changed = True
        elif is_changed and cell.id in ran:
            found.add(cell.id)
    return found
