"""Programs that run inside a kernel, asked by ``Session.ask``.

Each module has a function ``answer(question)``. A program is sent as its text, so it imports
nothing of the harness. ``USER`` are the cells' names. Cells can put something else in the place of
anything here, so it looks at types and at what stands in a class, calls nothing that a cell can
define where that can be helped, and answers with JSON's types. Who asks checks the answer. The
smallest one to copy is ``where.py``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def source(name: str) -> str:
    """The text of a program, by its name."""
    return (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
