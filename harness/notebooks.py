"""Cells and their results, as the notebooks a person opens in Jupyter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from harness.records import Cell, CellOutcome, CellResult, CellStatus

FIRST_LINE = 120  # characters


def build(
    cells: Sequence[Cell], outcomes: Mapping[str, CellOutcome], about: Mapping[str, Any]
) -> NotebookNode:
    """A notebook of ``cells``; those with an outcome carry its outputs and its verdict."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    notebook.metadata.language_info = {"name": "python"}
    notebook.metadata.harness = dict(about)
    count = 0
    for cell in cells:
        origin = cell.model_dump(
            mode="json", exclude={"id", "kind", "source"}, exclude_defaults=True
        )
        metadata: dict[str, Any] = {"harness": origin}
        if cell.kind == "markdown":
            node = nbformat.v4.new_markdown_cell(cell.source, id=cell.id, metadata=metadata)
        else:
            outcome = outcomes.get(cell.id)
            node = nbformat.v4.new_code_cell(cell.source, id=cell.id, metadata=metadata)
            if outcome is not None:
                if outcome.status is not CellStatus.NOT_RUN:
                    count += 1
                    node.execution_count = count
                node.outputs = [_output(output, count) for output in outcome.outputs]
                node.metadata.harness["result"] = outcome.model_dump(
                    mode="json", exclude={"outputs", "traceback"}, exclude_none=True
                )
        notebook.cells.append(node)
    return notebook  # type: ignore[no-any-return]


def dump(notebook: NotebookNode) -> bytes:
    """The file's bytes. Raises nbformat.ValidationError where it would not open in Jupyter."""
    text: str = nbformat.writes(notebook, version=4)
    return (text + "\n").encode()


def result_of(cell: Cell, outcome: CellOutcome) -> CellResult:
    """A code cell's line in the record."""
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    # Most cells begin with the same comment and imports; the first line that acts tells them apart.
    telling = (line for line in lines if not line.startswith(("#", "import ", "from ")))
    first = next(telling, next(iter(lines), ""))
    return CellResult(
        cell=cell.id,
        step=cell.step,
        first_line=first[:FIRST_LINE],
        installs=cell.installs,
        **outcome.model_dump(exclude={"outputs"}),
    )


def _output(output: Mapping[str, Any], count: int) -> NotebookNode:
    node = nbformat.from_dict(dict(output))
    if node.output_type == "execute_result":
        node.execution_count = count
    return node  # type: ignore[no-any-return]
