"""``harness fixes capture``: edits of a patched notebook, as fix files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Project, RunId, Verbosity

if TYPE_CHECKING:
    from pathlib import Path

    from harness.cli.fixes.forms import Form
    from harness.fixes.capture import Taken
    from harness.records import Fix, Run, RunKey
    from harness.runs.store import FileStore


def capture(
    run: RunId,
    description: Annotated[
        str | None,
        typer.Option(help="What changes and why; without it, an editor opens for each change."),
    ] = None,
    cause: Annotated[
        str | None,
        typer.Option(
            help="Why a human had to step in: data-unseen, deprecated, under-specified, "
            "commentary, syntax, environment or enhancement."
        ),
    ] = None,
    when: Annotated[
        str | None,
        typer.Option(
            help="Where the fix is applied: where the raw cell does not work (needed), failed "
            "(fails), failed with an error (fails: KeyError), or always. By default: needed if "
            "that suffices here, else always."
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="On which dataset it holds: the run's, by default, or any."
        ),
    ] = None,
    as_rule: Annotated[
        bool, typer.Option("--rule", help="Write structural rules, where a change can be one.")
    ] = False,
    by: Annotated[
        str | None, typer.Option("--author", help="By default your name as git knows it.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Take every change, without asking which.")
    ] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Turn your edits of a run's patched.ipynb into fixes.

    Edit the notebook in Jupyter or any editor, save it, and give this command. In a terminal it
    shows each change and asks whether to keep it: y (yes), n (no), s (split it), q (quit). A fix is
    written as soon as it is answered, and what you type for one that cannot be written is kept.
    Outputs and metadata are ignored. Nothing is written unless the raw notebook with the fixes
    gives exactly what you edited.

    Examples:

    \b
      harness fixes capture 8d8d
      harness fixes capture 8d8d --cause syntax --description "Close the bracket"
    """
    from harness import fixes
    from harness.cli import show
    from harness.cli.fixes import asking
    from harness.cli.fixes.forms import Form, Given
    from harness.fixes import capture as capturing
    from harness.project import location
    from harness.runs.store import FileStore

    folder = location.find(project)
    store = FileStore(folder)
    key, found = store.find(run)
    with store.lock(key):
        series = fixes.series(folder, found.stage, found.dataset)
        taken = capturing.take(key, found, series, store)
        if not taken.changes:
            show.line("The notebook has no edits that are not fixes already")
            return
        given = Given(description, cause, when, dataset, by)
        form = Form(found, folder, given)
        if sys.stdin.isatty() and not (everything and form.is_whole):
            session = asking.Session(folder, key, found, store, taken, form, as_rule=as_rule)
            session.ask_all(everything=everything)
        else:
            _take_all(folder, key, found, series, taken, form, store, as_rule=as_rule)
            show.info(f"Next: harness patch {found.run_id}")


def _take_all(
    folder: Path,
    key: RunKey,
    run: Run,
    series: tuple[Fix, ...],
    taken: Taken,
    form: Form,
    store: FileStore,
    *,
    as_rule: bool,
) -> None:
    """Every change with the same header; all are written, or none."""
    from harness.cli import show
    from harness.cli.fixes.shown import near, print_change, text_of
    from harness.fixes import capture as capturing

    texts = []
    for number, change in enumerate(taken.changes, 1):
        print_change(change, f"Change {number} of {len(taken.changes)}")
        texts.append(text_of(form.given(change), run, change, as_rule=as_rule))
    for path in capturing.keep(folder, key, run, series, taken, texts, store):
        show.line(f"Wrote {near(path)}")
