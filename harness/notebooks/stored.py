"""The notebooks of a run: what their files are called, and those that the model wrote.

The raw one is made from the replies; the repaired one of it and of the cells that the model wrote
again. Fixes are applied to the last of them, which is called the base here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from harness.errors import EditedError
from harness.notebooks import installs, replies
from harness.notebooks.notebook import Notebook
from harness.records import Cell, Execution, Message, Reply, Run

RAW, REPAIRED, PATCHED = "raw.ipynb", "repaired.ipynb", "patched.ipynb"
FILES = {"raw": RAW, "repaired": REPAIRED, "patched": PATCHED}  # by form


class Base(NamedTuple):
    """What fixes are applied to."""

    form: str
    notebook: Notebook
    execution: Execution


def base(run: Run) -> Base:
    """The repaired notebook where there is one, else the raw one.

    Raises EditedError where that was not executed yet.
    """
    if run.repaired is not None and run.is_rewritten:
        return Base("repaired", repaired(run), run.repaired.execution)
    return Base("raw", raw(run), executed(run))


def last(run: Run) -> str:
    """The file of the last notebook of a run."""
    if run.patched is not None:
        return PATCHED
    return REPAIRED if run.is_rewritten else RAW


def repaired(run: Run) -> Notebook:
    """The repaired notebook; the raw one where nothing was rewritten."""
    return rewritten(raw(run), run.repaired.sources if run.repaired else {})


def rewritten(notebook: Notebook, sources: Mapping[str, str]) -> Notebook:
    """The notebook in which cells have these sources, by id."""
    return Notebook(
        tuple(
            _rewritten(cell, sources[cell.id]) if cell.id in sources else cell
            for cell in notebook.cells
        )
    )


def _rewritten(cell: Cell, source: str) -> Cell:
    update = {
        "source": source,
        "origin": "repair",
        "found": None,
        "unclosed": False,
        "installs": installs.install_lines(source),
    }
    return cell.model_copy(update=update)


def raw(run: Run) -> Notebook:
    """The raw notebook, from the stored replies."""
    return of_replies(run.prompts, run.replies)


# Whoever executes, patches or shows a run gets the very same value.
@lru_cache(maxsize=16)
def of_replies(prompts: tuple[Message, ...], done: tuple[Reply, ...]) -> Notebook:
    """Every step's prompt, then its reply. ``prompts`` are the system turn and one per step."""
    steps = zip(prompts[1:], done, strict=True)
    cells = (
        replies.cells_of(reply.step, prompt.content, reply.completion.text)
        for prompt, reply in steps
    )
    return Notebook(tuple(chain.from_iterable(cells)))


def executed(run: Run) -> Execution:
    """A run's raw execution. Raises EditedError where there is none yet."""
    if run.raw is None:
        raise EditedError(
            f"run {run.run_id} has no executed notebook yet", "Finish it: harness generate"
        )
    return run.raw
