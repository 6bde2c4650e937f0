"""A notebook as one text in jupytext's percent format, in which fixes are written.

Ours, because a fix needs to know which line belongs to which cell, and because no source may be
lost on the way: jupytext drops form feeds and splits a cell at a ``# %%`` line of its own (see
docs/decisions/0011). Magics stand as they are (jupytext's ``comment_magics: false``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from harness.records import Cell

HEADER = re.compile(r"# %%(?: .*)?")
NOT_CODE = re.compile(r"# %% .*?\[(markdown|md|raw)\].*")
ATTACHMENTS = " attachments="  # with their JSON behind it, at the end of a header
LIKE = re.compile(r"(?:# )*%%(?:\s.*)?", re.DOTALL)  # a header, an escaped one, or nearly one

Kind = Literal["code", "markdown", "raw"]
Attachments = dict[str, dict[str, Any]]


class Line(NamedTuple):
    """A line of a notebook's text.

    ``head`` is set on the line that opens a cell. ``raw`` is the line's index in the text that
    fixes start from, ``fix`` the fix that wrote it; one of them is set.
    """

    text: str
    head: Cell | None = None
    raw: int | None = None
    fix: str | None = None


def lines_of(cells: Iterable[Cell]) -> list[Line]:
    """The text of ``cells``: each a header, its lines, and one blank line."""
    lines: list[Line] = []
    for cell in cells:
        texts = [header(cell.kind, cell.attachments), *encode(cell), ""]
        for i, text in enumerate(texts):
            lines.append(Line(text, cell if i == 0 else None, raw=len(lines)))
    return lines


def cells_of(lines: Sequence[Line]) -> list[Cell]:
    """The cells of a text; the inverse of ``lines_of``. Raises ValueError where none is open."""
    return [
        head.model_copy(update={"source": decode(head.kind, [line.text for line in body])})
        for head, body in stretches(lines)
    ]


def stretches(lines: Sequence[Line]) -> Iterator[tuple[Cell, Sequence[Line]]]:
    """Each cell's head with the lines behind its header. Raises ValueError, as ``cells_of``."""
    starts = [i for i, line in enumerate(lines) if line.head is not None]
    if lines and starts[:1] != [0]:
        raise ValueError("a line before the first cell")
    if not starts:
        return
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        head = lines[start].head
        if head is not None:
            yield head, lines[start + 1 : end]


def header(kind: Kind, attachments: Attachments | None = None) -> str:
    """The line that opens a cell. What is attached to it stands there too, as jupytext has it."""
    line = "# %%" if kind == "code" else f"# %% [{kind}]"
    return line + (ATTACHMENTS + json.dumps(attachments, sort_keys=True) if attachments else "")


def kind_of(text: str) -> Kind | None:
    """The kind of cell that a header line opens; None for any other line."""
    if not HEADER.fullmatch(text.rstrip()):
        return None
    found = NOT_CODE.fullmatch(text.rstrip())
    if found is None:
        return "code"
    return "raw" if found[1] == "raw" else "markdown"


def attachments_of(text: str) -> Attachments:
    """What a header line says is attached to its cell; nothing where that cannot be read."""
    if kind_of(text) in (None, "code"):
        return {}
    try:
        found = json.loads(text.partition(ATTACHMENTS)[2])
    except (ValueError, RecursionError):
        return {}
    return found if _are_attachments(found) else {}


def _are_attachments(value: object) -> bool:
    bundles = value.values() if isinstance(value, dict) else [None]
    return all(
        isinstance(bundle, dict) and all(map(_is_content, bundle.values())) for bundle in bundles
    )


def _is_content(value: object) -> bool:
    lines = value if isinstance(value, list) else [value]
    return all(isinstance(line, str) for line in lines)


def encode(cell: Cell) -> list[str]:
    """A cell's source as lines of text; one that would read as a header gets one more ``# ``."""
    lines = cell.source.split("\n")
    if cell.kind != "code":
        return [f"# # {s}" if LIKE.fullmatch(s) else f"# {s}" if s else "#" for s in lines]
    return [f"# {s}" if s.startswith("# ") and LIKE.fullmatch(s) else s for s in lines]


def decode(kind: Kind, lines: Sequence[str]) -> str:
    """The source that lines of text stand for, without blank lines at its end."""
    if kind != "code":
        plain = [re.sub(r"^# ?", "", line, count=1) for line in lines]
        plain = [s[2:] if s.startswith("# ") and LIKE.fullmatch(s) else s for s in plain]
    else:
        plain = [s[2:] if s.startswith("# # ") and LIKE.fullmatch(s) else s for s in lines]
    return "\n".join(plain).rstrip("\n")
