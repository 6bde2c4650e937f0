"""What the cells of a notebook printed, as text: for who counts in it, or reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import NotebookError
from harness.notebooks import jupyter

LONGEST = 200_000  # characters of a cell that are read


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


def by_cell(cells: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, str]:
    """What a person could read below each cell, by its id: streams and plain text, no pictures.

    ``cells`` are the output dicts of each. What is longer than ``LONGEST`` is cut.
    """
    shown = {name: "\n".join(filter(None, map(_text, of))) for name, of in cells.items()}
    return {name: text[:LONGEST] for name, text in shown.items() if text}


def by_stored_cell(blob: bytes | None, path: Path) -> dict[str, str]:
    """The same of a notebook's file; nothing where it is none."""
    if blob is None:
        return {}
    try:
        nodes = jupyter.load(blob, path).cells
    except NotebookError:
        return {}
    return by_cell({str(one.get("id", "")): one.get("outputs", ()) for one in nodes})


def _text(output: Mapping[str, Any]) -> str:
    data = output.get("data")
    plain = data.get("text/plain", "") if isinstance(data, Mapping) else ""
    text = output.get("text", "") if output.get("output_type") == "stream" else plain
    return text if isinstance(text, str) else "".join(map(str, text))
