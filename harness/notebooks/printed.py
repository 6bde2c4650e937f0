"""What the cells of a notebook printed, as one text: for who counts in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import NotebookError
from harness.notebooks import jupyter


def of_outputs(cells: Iterable[Iterable[Mapping[str, Any]]]) -> str:
    """The streams among the output dicts of each cell, in their order."""
    return "\n".join(
        text if isinstance(text := one.get("text", ""), str) else "".join(text)
        for outputs in cells
        for one in outputs
        if one.get("output_type") == "stream"
    )


def of_stored(blob: bytes | None, path: Path) -> str:
    """The same of a notebook's file; nothing where it is none."""
    if blob is None:
        return ""
    try:
        cells = jupyter.load(blob, path).cells
    except NotebookError:
        return ""
    return of_outputs(cell.get("outputs", ()) for cell in cells)
