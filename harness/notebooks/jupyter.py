"""Cells and their results, as the notebooks a person opens in Jupyter, and back."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.errors import NotebookError
from harness.records import Cell, CellOutcome, CellResult, CellStatus, FixVerdict

# jsonschema, which nbformat checks notebooks with, would compile a grammar of IRIs at its import:
# a second of nearly every command, for a format that no notebook's schema has.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import nbformat  # noqa: E402
from nbformat import NotebookNode  # noqa: E402

FIRST_LINE = 120  # characters
LARGEST = 256 << 20  # bytes of a notebook that is read
NOTE = "harness-note"  # id of the cell in which the harness itself speaks
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def build(
    cells: Sequence[Cell],
    outcomes: Mapping[str, CellOutcome],
    about: Mapping[str, Any],
    fixes: Mapping[str, FixVerdict] = MappingProxyType({}),
) -> NotebookNode:
    """A notebook of ``cells``; those with an outcome carry its outputs and its verdict.

    Cells that fixes touched say which, by whom and why; ``fixes`` are the fixes by their ids.
    """
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    notebook.metadata.language_info = {"name": "python"}
    notebook.metadata.harness = {**about, "cells_sha256": digest(cells)}
    count = 0
    for cell in cells:
        origin = cell.model_dump(
            mode="json", exclude={"id", "kind", "source"}, exclude_defaults=True
        )
        metadata: dict[str, Any] = {"harness": origin}
        if cell.fixes:
            metadata["tags"] = [f"fix:{fix}" for fix in cell.fixes]  # Jupyter shows tags
            origin["fixes"] = [_credit(fixes[name]) for name in cell.fixes if name in fixes]
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


def _credit(fix: FixVerdict) -> dict[str, str]:
    return {
        "fix": fix.fix,
        "author": fix.author,
        "cause": fix.cause.value,
        "description": fix.description,
    }


def note(fixes: Iterable[FixVerdict]) -> Cell:
    """The cell at a patched notebook's top that says what became of each fix."""
    lines = ["**Patched by harness**", ""]
    for fix in fixes:
        how = ", ".join(dict.fromkeys(str(place) for place in fix.places)) or fix.reason or ""
        what = fix.description.split("\n")[0]
        told = (f"`{fix.fix}` {fix.verdict.value}", what, f"*{fix.cause}, {fix.author}*", how)
        lines.append("- " + " · ".join(filter(None, told)))
    return Cell(id=NOTE, kind="markdown", source="\n".join(lines), step="own", origin="note")


def relabelled(notebook: NotebookNode, form: str, at_top: Sequence[Cell]) -> NotebookNode:
    """A copy of an executed notebook under another form, with more cells at its top."""
    made = copy.deepcopy(notebook)
    made.metadata.harness |= {"form": form, "cells_sha256": digest(cells_of(notebook))}
    made.cells = [*build(at_top, {}, {}).cells, *made.cells]
    return made


def dump(notebook: NotebookNode) -> bytes:
    """The file's bytes. Raises nbformat.ValidationError where it would not open in Jupyter."""
    text: str = nbformat.writes(notebook, version=4)
    return (text + "\n").encode()


def load(blob: bytes, path: Path) -> NotebookNode:
    """A notebook that anybody may have written. Raises NotebookError naming the file."""
    if len(blob) > LARGEST:
        raise NotebookError(path, f"larger than {LARGEST >> 20} MB")
    try:
        notebook = nbformat.reads(blob.decode(), as_version=4)
        nbformat.validate(notebook)
        "".join(cell.source for cell in notebook.cells).encode()
    except UnicodeDecodeError:
        raise NotebookError(path, "not UTF-8 text") from None
    except nbformat.ValidationError as error:
        raise NotebookError(path, str(error.message)[:200]) from None
    except Exception as error:  # nbformat raises what its parts raise
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NotebookError(path, said[:200]) from None
    return notebook  # type: ignore[no-any-return]


def cells_of(notebook: NotebookNode) -> tuple[Cell, ...]:
    """What is written in a notebook, whoever wrote it; the harness's own note is left out.

    Ids that are missing, foreign or there twice are made anew. Line ends become LF, and blank lines
    at the end of a cell are dropped: no text form of a notebook keeps them.
    """
    found: list[Cell] = []
    taken: set[str] = set()
    for number, node in enumerate(notebook.cells):
        name = str(node.get("id", ""))
        if name == NOTE or _about(node).get("origin") == "note":
            continue
        if not CELL_ID.fullmatch(name) or name in taken:
            name = f"cell-{number}"
        taken.add(name)
        found.append(
            Cell(
                id=name,
                kind="code" if node.cell_type == "code" else "markdown",
                source=_plain(node.source),
                step=_step(node),
                origin="fix",
            )
        )
    return tuple(found)


def digest(cells: Iterable[Cell]) -> str:
    """sha256 of what is written in cells: their kinds and sources, in order."""
    written = [(cell.kind, _plain(cell.source)) for cell in cells if cell.id != NOTE]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()


def is_edited(notebook: NotebookNode) -> bool:
    """Whether a person changed a notebook after the harness wrote it."""
    return bool(_about(notebook).get("cells_sha256") != digest(cells_of(notebook)))


def _plain(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def _about(node: NotebookNode) -> Mapping[str, Any]:
    about = node.metadata.get("harness")
    return about if isinstance(about, Mapping) else {}


def _step(node: NotebookNode) -> str:
    step = _about(node).get("step", "")
    return (
        step if isinstance(step, str) and re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", step) else "own"
    )


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
