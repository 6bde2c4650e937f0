"""What the terminal says before a run begins and once it is over."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.records import Run, RunKey
    from harness.runs.plans import Plan
    from harness.runs.store import FileStore


def announce(plan: Plan) -> None:
    """One line on what is about to run, one more where the data are not real."""
    from harness.cli import show

    show.out.print(show.clean(f"{plan.stage.title}, written by {plan.model.name}"), style="bold")
    show.out.print(f"{plan.context.value} context · seed {plan.seed} · run {plan.run_id}")
    if plan.profile.synthetic:
        show.out.print(
            f"The data are synthetic, a twin of the {plan.dataset.name} table. "
            f"Use the real one: harness data import {plan.dataset.name} PATH",
            style="yellow",
        )
    for one in plan.needs:
        if one.source == "reference":
            told = f"{one.name} is the harness's own reference: the {one.stage} stage left none"
            show.out.print(told, style="yellow", soft_wrap=True)
        if one.source == "missing":
            show.out.print(f"{one.name} of the {one.stage} stage is missing", style="yellow")


def finish(run: Run, key: RunKey, store: FileStore) -> None:
    """The cells, the fixes, the totals, where the notebooks are and what to try next."""
    from harness.cli import show
    from harness.cli.runs import totals
    from harness.cli.tables import cells_table, fixes_table
    from harness.notebooks import stored

    show.out.print()
    if run.raw is not None:
        show.out.print(cells_table(run))
    if run.patched is not None and run.patched.verdicts:
        show.out.print()
        show.out.print(fixes_table(run.patched.verdicts))
    show.out.print()
    show.out.print(totals(run))
    notebook = store.folder(key) / (stored.PATCHED if run.patched else stored.RAW)
    with contextlib.suppress(ValueError):
        notebook = notebook.relative_to(Path.cwd())
    show.out.print(f"Notebook  {show.clean(str(notebook))}", soft_wrap=True)
    if run.patched is not None and run.patched.changes:
        show.out.print(f"Next      harness diff {run.run_id}")
    else:
        show.out.print(f"Next      harness runs show {run.run_id}")
    if run.outcome.value == "failed":
        show.out.print(
            f"Mend it   edit {stored.PATCHED}, then: harness fixes capture {run.run_id}",
            soft_wrap=True,
        )
