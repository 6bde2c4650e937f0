"""The notebooks of a run: what their files are called, and the raw one, made from the replies."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from harness.errors import EditedError
from harness.notebooks import replies
from harness.notebooks.notebook import Notebook
from harness.records import Execution, Message, Reply, Run

RAW, PATCHED = "raw.ipynb", "patched.ipynb"
FILES = {"raw": RAW, "patched": PATCHED}  # by form


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
