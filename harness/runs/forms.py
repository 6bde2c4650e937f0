"""The executed notebooks of a run, by their form."""

from __future__ import annotations

from typing import NamedTuple

from harness.errors import HarnessError
from harness.fixes import attribution
from harness.notebooks import stored
from harness.notebooks.notebook import Notebook
from harness.records import Execution, Run

FORMS = tuple(stored.FILES)


class Form(NamedTuple):
    """A notebook, and what came of it."""

    notebook: Notebook
    execution: Execution


def executed(run: Run, form: str) -> Form:
    """The notebook of this form. Raises HarnessError where the run has none that was executed."""
    raw = stored.executed(run)
    if form == "raw":
        return Form(stored.raw(run), raw)
    if form == "repaired":
        if run.repaired is None or not run.is_rewritten:
            raise HarnessError(
                f"run {run.run_id} has no repaired notebook",
                f"Let the model repair its cells: harness generate {run.stage} --repair 2",
            )
        return Form(stored.repaired(run), run.repaired.execution)
    if run.patched is None:
        raise HarnessError(f"run {run.run_id} is not patched", f"harness patch {run.run_id}")
    return Form(attribution.of_run(run).notebook, run.patched.execution)


def has(run: Run, form: str) -> bool:
    """Whether it has one."""
    made = run.executions
    return form in made and (form != "repaired" or run.is_rewritten)
