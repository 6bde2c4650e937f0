"""A reply's text, turned into cells.

Decided outcomes (each has a test):

- a fence that says python, python3, py, ipython…: a code cell
- a fence that says nothing: a code cell where it parses as Python statements, else prose
- any other language, and code indented by four spaces: stays in the prose around it
- fences inside lists or quotes: a code cell, dedented, as if they stood at the margin
- a fence inside a longer fence: text of the outer one
- a fence that never closes: closes at the reply's end, and is marked
- a fence that ends inside a string of its code: goes on to a later end that leaves Python
- ``>>>`` prompts: only the statements are kept, the answers shown below them are not
- reasoning, by its tags: prose, folded, and nothing in it is code
- a reply that gives no code cell by all this: code in other dress, see ``undressed``
- install commands: kept in the cell, recorded, never run; see ``installs``
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.notebooks import pieces, reasoning, undressed
from harness.records import Cell, Name

LINE_END = re.compile(r"\r\n|\r|\n")


def cells_of(step: Name, prompt: str, reply: str) -> tuple[Cell, ...]:
    """The step's prompt, then the reply as cells, in order. Ids are stable: step and position."""
    found = [_prompt_cell(step, prompt)]
    for piece in _pieces(reply):
        found.append(piece.model_copy(update={"id": f"{step}-{len(found):03d}", "step": step}))
    return tuple(found)


def _prompt_cell(step: Name, prompt: str) -> Cell:
    quoted = "\n".join(f"> {line}".rstrip() for line in prompt.splitlines())
    source = f"**Prompt: {step}**\n\n{quoted}"
    return Cell(id=f"{step}-000", kind="markdown", source=source, step=step, origin="prompt")


def _pieces(reply: str) -> list[Cell]:
    parts = reasoning.parts(LINE_END.split(reply))
    made = [list(_of_part(part)) for part in parts]
    if not any(cell.kind == "code" for cells in made for cell in cells):
        made = [
            cells if part.is_reasoning else undressed.pieces_of(part.lines) or cells
            for part, cells in zip(parts, made, strict=True)
        ]
    return [cell for cells in made for cell in cells]


def _of_part(part: reasoning.Part) -> Iterator[Cell]:
    if not part.is_reasoning:
        yield from pieces.dressed(part.lines)
        return
    yield Cell(
        id="x",
        kind="markdown",
        source=reasoning.folded(part),
        step="x",
        origin="reasoning",
        unclosed=part.unclosed,
    )
