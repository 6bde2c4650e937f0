"""What the terminal says before a run begins and once it is over."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import facts, show, steered, tables
from harness.notebooks import stored
from harness.records import Outcome, Run, RunKey, Verdict

if TYPE_CHECKING:
    from harness.runs.plans import Plan
    from harness.runs.store import FileStore


def announce(plan: Plan) -> None:
    """One line on what is about to run, one more where the data are not real."""
    show.info(f"{plan.stage.title}, written by {plan.model.name}", style="bold")
    helped = f" · {plan.help.label}" if plan.help.given else ""
    show.info(f"{plan.context.name} context · seed {plan.seed}{helped} · run {plan.run_id}")
    if plan.profile.synthetic:
        show.info(
            f"The data are synthetic, a twin of the {plan.dataset.name} table. "
            f"Use the real one: harness data import {plan.dataset.name} PATH",
            style="yellow",
        )
    for one in plan.needs:
        if one.source == "reference":
            show.info(
                f"The {one.stage} stage left no {one.name}, so the reference file stands in",
                style="yellow",
            )
        if one.source == "missing":
            why = f": {one.reason}" if one.reason else ""
            show.info(f"{one.name} of the {one.stage} stage is missing{why}", style="yellow")


def finish(run: Run, key: RunKey, store: FileStore) -> None:
    """How it ended and why, where the notebook is, and the next command; with -v everything."""
    show.info()
    stale(store, run)
    if show.is_verbose():
        details(run)
    else:
        _summary(run)
    notebook = store.folder(key) / stored.last(run)
    with contextlib.suppress(ValueError):
        notebook = notebook.relative_to(Path.cwd())
    if run.raw is not None:
        show.line(f"Notebook  {notebook}")
    show.info(f"Next      {_next(run)}")


def stale(store: FileStore, run: Run) -> None:
    """A line where the verdict is out of date: why, and how to renew it."""
    from harness.runs.staleness import Staleness

    reasons = Staleness(store.project).of_run(run)
    if reasons:
        show.line(
            f"Stale     {'; '.join(reasons)} since; harness patch {run.run_id}", style="yellow"
        )


def details(run: Run) -> None:
    """All cells, fixes and checks, and what it took."""
    if run.raw is not None:
        show.out.print(tables.cells_table(run))
        show.out.print()
    if (taken_back := steered.table(run)) is not None:
        show.out.print(taken_back)
        show.out.print()
    if run.patched is not None and run.patched.verdicts:
        for part in tables.fixes_that_tell(run.patched.verdicts):
            show.out.print(part)
        show.out.print()
    show.facts(facts.every(run))


def tracebacks(run: Run) -> None:
    """The whole traceback of each cell that failed, of each notebook."""
    for form, done in run.executions.items():
        for cell in done.cells if form != "repaired" or run.is_rewritten else ():
            if cell.traceback:
                show.out.print()
                show.block(f"{cell.cell}, {form}: {cell.error}", cell.traceback)


def _summary(run: Run) -> None:
    show.facts(
        [
            ("Outcome", facts.outcome(run)),
            *facts.cells(run),
            *facts.failed_cells(run),
            *facts.checks(run, passed=False),
            *list(facts.repairs(run))[:1],
            *facts.warnings(run),
        ]
    )
    verdicts = run.patched.verdicts if run.patched else ()
    telling = [one for one in verdicts if one.verdict in (Verdict.APPLIED, Verdict.CONFLICT)]
    if telling:
        show.info()
        show.info(tables.fixes_table(telling, short=True))
    counts = [
        f"{number} {verdict.value}"
        for verdict in (Verdict.OBSOLETE, Verdict.SKIPPED)
        if (number := sum(one.verdict is verdict for one in verdicts))
    ]
    if counts:
        show.info(f"{'Other fixes' if telling else 'Fixes'}: {', '.join(counts)}", style="dim")
    if telling or counts:
        show.info()


def _next(run: Run) -> str:
    if run.outcome is Outcome.INCOMPLETE:
        return "give the same command again; it goes on from here"
    if run.outcome is Outcome.FAILED:
        if run.patched is None:
            return f"harness patch {run.run_id}"
        return f"repair {stored.PATCHED}, then: harness fixes capture {run.run_id}"
    if run.is_rewritten or (run.patched is not None and run.patched.changes):
        return f"harness diff {run.run_id}"
    return f"harness runs show {run.run_id}"
