"""Notebooks and their outcomes as the files that a person opens in Jupyter, and back."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import NotebookError
from harness.notebooks import percent
from harness.notebooks.notebook import Notebook, plain
from harness.records import Cell, CellOutcome, CellStatus, Finding, FixVerdict, Verdict

# jsonschema, which nbformat checks notebooks with, would compile a grammar of IRIs at its import:
# a second of nearly every command, for a format that no notebook's schema has.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import nbformat  # noqa: E402
from nbformat import NotebookNode  # noqa: E402

LARGEST = 256 << 20  # bytes of a notebook that is read
NO_NOTES: Mapping[str, str] = {}
NOTE = "harness-note"  # id of the cell in which the harness itself speaks
STEP = re.compile(r"[A-Za-z0-9][\w.-]{0,99}")
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Saved(NamedTuple):
    """A notebook as it stands in a file, which a person may have edited since it was written."""

    notebook: Notebook
    is_edited: bool


def build(
    notebook: Notebook,
    outcomes: Mapping[str, CellOutcome],
    about: Mapping[str, Any],
    verdicts: Sequence[FixVerdict] = (),
    notes: Mapping[str, str] = NO_NOTES,
    findings: Sequence[Finding] = (),
) -> NotebookNode:
    """A file's content; cells with an outcome carry its outputs and its verdict.

    ``verdicts`` are of the fixes that made the notebook. A note at the top tells them, and cells
    that fixes touched say which, by whom and why. ``notes`` stand below the cells whose ids they
    have. ``findings`` stand in the metadata of their cells.
    """
    made = nbformat.v4.new_notebook()
    made.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    made.metadata.language_info = {"name": "python"}
    made.metadata.harness = {**about, "cells_sha256": notebook.digest}
    credits = {one.fix: _credit(one) for one in verdicts}
    made.cells = _note(verdicts)
    by_cell: dict[str, list[dict[str, Any]]] = {}
    for one in findings:
        told = one.model_dump(mode="json", exclude={"cell"}, exclude_none=True)
        by_cell.setdefault(one.cell, []).append(told)
    count = 0
    for cell in notebook.cells:
        node = _node(cell, credits)
        if found := by_cell.get(cell.id):
            node.metadata.harness["findings"] = found
        outcome = outcomes.get(cell.id)
        if cell.kind == "code" and outcome is not None:
            if outcome.status is not CellStatus.NOT_RUN:
                count += 1
                node.execution_count = count
            node.outputs = [_output(output, count) for output in outcome.outputs]
            node.metadata.harness["result"] = outcome.model_dump(
                mode="json", exclude={"outputs", "traceback"}, exclude_none=True
            )
        made.cells.append(node)
        if cell.id in notes:
            made.cells.append(_note_below(cell, notes[cell.id]))
    return made  # type: ignore[no-any-return]


def relabelled(node: NotebookNode, form: str, verdicts: Sequence[FixVerdict]) -> NotebookNode:
    """A copy of an executed notebook under another form, with what became of fixes at its top."""
    made = copy.deepcopy(node)
    made.metadata.harness |= {"form": form, "cells_sha256": _notebook_of(node).digest}
    made.cells = [*_note(verdicts), *made.cells]
    return made


def dump(notebook: NotebookNode) -> bytes:
    """The file's bytes. Raises nbformat.ValidationError where it would not open in Jupyter."""
    text: str = nbformat.writes(notebook, version=4)
    return (text + "\n").encode()


def load(blob: bytes, path: Path) -> NotebookNode:
    """A file that anybody may have written, outputs and all. Raises NotebookError naming it."""
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


def read(blob: bytes, path: Path) -> Saved:
    """What is written in a file. Raises NotebookError, as ``load``."""
    node = load(blob, path)
    notebook = _notebook_of(node)
    return Saved(notebook, _about(node).get("cells_sha256") != notebook.digest)


def _note(verdicts: Sequence[FixVerdict]) -> list[NotebookNode]:
    """The cell at a patched notebook's top that says what became of each fix."""
    if not verdicts:
        return []
    lines = ["**Patched by harness**", ""]
    idle = [fix for fix in verdicts if fix.verdict is Verdict.OBSOLETE]
    for fix in (one for one in verdicts if one not in idle):
        how = ", ".join(dict.fromkeys(str(place) for place in fix.places)) or fix.reason or ""
        what = fix.description.split("\n")[0]
        told = (f"`{fix.fix}` {fix.verdict.value}", what, f"*{fix.cause}, {fix.author}*", how)
        lines.append("- " + " · ".join(filter(None, told)))
    if idle:  # most of the library, in most notebooks
        lines.append(f"- obsolete: {', '.join(f'`{fix.fix}`' for fix in idle)}")
    source = "\n".join(lines)
    return [_node(Cell(id=NOTE, kind="markdown", source=source, step="own", origin="note"), {})]


def _note_below(cell: Cell, text: str) -> NotebookNode:
    name = f"{cell.id[:58]}-note"
    return _node(Cell(id=name, kind="markdown", source=text, step=cell.step, origin="note"), {})


def _node(cell: Cell, credits: Mapping[str, Mapping[str, str]]) -> NotebookNode:
    apart = {"id", "kind", "source", "attachments"}
    origin = cell.model_dump(mode="json", exclude=apart, exclude_defaults=True)
    metadata: dict[str, Any] = {"harness": origin}
    if cell.fixes:
        metadata["tags"] = [f"fix:{fix}" for fix in cell.fixes]  # Jupyter shows tags
        origin["fixes"] = [credits[fix] for fix in cell.fixes if fix in credits]
    if cell.kind == "code":
        node = nbformat.v4.new_code_cell(cell.source, id=cell.id, metadata=metadata)
    else:
        new = nbformat.v4.new_raw_cell if cell.kind == "raw" else nbformat.v4.new_markdown_cell
        node = new(cell.source, id=cell.id, metadata=metadata)  # type: ignore[no-untyped-call]
        if cell.attachments:
            node.attachments = nbformat.from_dict(cell.attachments)
    return node  # type: ignore[no-any-return]


def _credit(fix: FixVerdict) -> dict[str, str]:
    return {
        "fix": fix.fix,
        "author": fix.author,
        "cause": fix.cause.value,
        "description": fix.description,
    }


def _notebook_of(node: NotebookNode) -> Notebook:
    """What is written in a notebook, whoever wrote it; the harness's own note is left out.

    Ids that are missing, foreign or there twice are made anew. Line ends become LF, and blank lines
    at the end of a cell are dropped: no text form of a notebook keeps them.
    """
    found: list[Cell] = []
    taken: set[str] = set()
    for number, cell in enumerate(node.cells):
        name = str(cell.get("id", ""))
        if name == NOTE or _about(cell).get("origin") == "note":
            continue
        if not CELL_ID.fullmatch(name) or name in taken:
            name = f"cell-{number}"
        taken.add(name)
        found.append(
            Cell(
                id=name,
                kind=cell.cell_type,
                source=plain(cell.source),
                attachments=_attachments(cell),
                step=_step(cell),
                origin="fix",
            )
        )
    return Notebook(tuple(found))


def _attachments(cell: NotebookNode) -> percent.Attachments:
    """What is attached to a cell that is no code; text that is kept as lines is joined."""
    attached = {} if cell.cell_type == "code" else cell.get("attachments") or {}
    return {
        name: {
            kind: "".join(content) if isinstance(content, list) else content
            for kind, content in bundle.items()
        }
        for name, bundle in attached.items()
    }


def _about(node: NotebookNode) -> Mapping[str, Any]:
    about = node.metadata.get("harness")
    return about if isinstance(about, Mapping) else {}


def _step(node: NotebookNode) -> str:
    step = _about(node).get("step", "")
    return step if isinstance(step, str) and STEP.fullmatch(step) else "own"


def _output(output: Mapping[str, Any], count: int) -> NotebookNode:
    node = nbformat.from_dict(dict(output))
    if node.output_type == "execute_result":
        node.execution_count = count
    return node  # type: ignore[no-any-return]
