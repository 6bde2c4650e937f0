"""``harness patch``: the fixes over a stored raw notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import NoSandbox, Project, RunId, Verbosity

if TYPE_CHECKING:
    from pathlib import Path

    from harness.records import Fix, Run, RunKey
    from harness.runs.store import FileStore


def patch(
    run: RunId,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what each fix would do; run and write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Patch and run again though nothing changed.")
    ] = False,
    discard_edits: Annotated[
        bool, typer.Option("--discard-edits", help="Overwrite edits of patched.ipynb.")
    ] = False,
    unsafe_no_sandbox: NoSandbox = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Apply the fixes of a run's stage to its raw notebook, run the result, and judge each fix.

    raw.ipynb is never changed. A patched notebook that is up to date is left as it is.

    Examples:

    \b
      harness patch 8d8d
      harness patch 8d8d --dry-run
    """
    from harness import fixes
    from harness.cli import show
    from harness.cli.outcome import finish
    from harness.cli.tables import fixes_table
    from harness.project import location
    from harness.runs import patching
    from harness.runs.store import FileStore

    folder = location.find(project)
    store = FileStore(folder)
    key, found = store.find(run)
    series = fixes.series(folder, found.stage, found.dataset)
    if dry_run:
        show.out.print(fixes_table(fixes.apply_to_run(found, series).verdicts))
        return
    as_stored = patching.is_current(found, series) and patching.is_untouched(key, found, store)
    if as_stored and not force and not discard_edits:
        show.info("Nothing changed since it was patched; again: --force", style="yellow")
        finish(found, key, store)
        return
    done = again(folder, store, key, found, series, discard=discard_edits, unsafe=unsafe_no_sandbox)
    finish(done, key, store)


def again(
    folder: Path,
    store: FileStore,
    key: RunKey,
    run: Run,
    series: tuple[Fix, ...],
    *,
    discard: bool,
    unsafe: bool,
) -> Run:
    """Patch a stored run, watched."""
    from harness import wiring
    from harness.cli.live import LiveReporter
    from harness.runs import patching
    from harness.runs.environment import of_stored_run

    with store.lock(key), LiveReporter(run.sampling.max_tokens) as reporter:
        executor = wiring.executor(unsafe=unsafe)
        environment = of_stored_run(folder, run, store, key, executor, reporter)
        return patching.patch(key, run, series, environment, store, discard=discard)
