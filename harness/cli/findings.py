"""``harness findings``: what is imperfect in the notebooks that models wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    AsJson,
    Contexts,
    Models,
    OfDatasets,
    Project,
    Stages,
    StageVersions,
    Verbosity,
    WithHelp,
    split,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.findings import RunFindings
    from harness.analysis.sarif import Noted
    from harness.records import FindingKind, Run
    from harness.runs.store import FileStore


def findings(
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="A run's id, or the first characters of it."),
    ] = None,
    of_all: Annotated[bool, typer.Option("--all", help="Every run, added up.")] = False,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            callback=split,
            help="columns, deprecations, explicitness or commentary; repeatable.",
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--form", help="The notebook: raw, repaired or patched.")
    ] = "raw",
    stages: Stages = None,
    models: Models = None,
    contexts: Contexts = None,
    datasets: OfDatasets = None,
    versions: StageVersions = None,
    helped: WithHelp = None,
    as_json: AsJson = False,
    as_sarif: Annotated[
        bool, typer.Option("--sarif", help="Print SARIF 2.1.0, for editors and code hosts.")
    ] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Say what is imperfect in the notebooks of a run, cell by cell, or of all runs.

    A finding is of one of four kinds. "columns": the code names what the data does not have, or
    uses it as it must not. "deprecations": it calls what is going, or gone. "explicitness": it
    leaves out what it was not told word for word. "commentary": its text says otherwise than it
    does. No model judges and nothing runs: what is stored is read.

    Of a run, each finding has its cell, the line in it, the rule, and what could stand there
    instead; -v adds what it rests on. With --all there is a line per model and piece of work, with
    the number of findings of each kind; the options that choose runs go with it.

    Examples:

    \b
      harness findings 8d8d
      harness findings 8d8d --kind columns --form patched -v
      harness findings --all --stage eda,modeling
      harness findings --all --sarif
    """
    from harness.cli import finding_tables, run_filters, show
    from harness.errors import UnknownNameError
    from harness.project import location
    from harness.runs.forms import FORMS
    from harness.runs.store import FileStore

    chosen = (stages, models, contexts, datasets, versions, helped)
    if (run is not None) == of_all or (run is not None and any(chosen)):
        raise typer.BadParameter("give a RUN, or --all with options that choose runs")
    if as_json and as_sarif:
        raise typer.BadParameter("--json and --sarif exclude each other")
    if form not in FORMS:
        raise UnknownNameError("form", form, FORMS)
    wanted_kinds = _kinds(kinds)
    store = FileStore(location.find(project), show.notice)
    if run is not None:
        runs = iter([store.find(run)[1]])
    else:
        wanted = run_filters.wanted(store, *chosen)
        runs = (one for _, one in store.runs(**wanted))
    with show.working("Reading the runs"):
        found = list(_found(store, runs, form, wanted_kinds, is_alone=not of_all))
    if as_sarif:
        _print_sarif(store, found)
    elif as_json:
        every = [one.model_dump(mode="json") for _, one in found]
        show.json(every if of_all else every[0])
    elif of_all:
        finding_tables.print_totals(found, wanted_kinds, is_limited=any(chosen))
    else:
        finding_tables.print_run(*found[0], wanted_kinds)


def _kinds(names: Sequence[str] | None) -> tuple[FindingKind, ...]:
    from harness.errors import UnknownNameError
    from harness.records import FindingKind

    known = {kind.value: kind for kind in FindingKind}
    for name in names or ():
        if name not in known:
            raise UnknownNameError("kind of findings", name, known)
    return tuple(kind for name, kind in known.items() if not names or name in names)


def _found(
    store: FileStore,
    runs: Iterator[Run],
    form: str,
    kinds: Sequence[FindingKind],
    *,
    is_alone: bool,
) -> Iterator[tuple[Run, RunFindings]]:
    """Of many runs, those that have no such notebook are left out; of one it is said."""
    from harness.analysis import findings as analysis
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.runs import forms
    from harness.runs.findings import Findings

    looked = Findings(store)
    for run in runs:
        if is_alone:
            forms.executed(run, form)
        if not forms.has(run, form):
            continue
        try:
            every = looked.of(run, form)
        except HarnessError as error:
            if is_alone:
                raise
            show.notice(str(error))
        else:
            yield run, analysis.of_run(run, form, [one for one in every if one.kind in kinds])


def _print_sarif(store: FileStore, found: Sequence[tuple[Run, RunFindings]]) -> None:
    from harness import __version__
    from harness.analysis import sarif
    from harness.cli import show

    show.json(sarif.log(__version__, (_noted(store, *one) for one in found)))


def _noted(store: FileStore, run: Run, found: RunFindings) -> Noted:
    from harness.analysis.sarif import Noted
    from harness.errors import StoreError
    from harness.notebooks import stored
    from harness.records import RunKey
    from harness.runs import forms

    key = RunKey(model=run.model.name, stage=run.stage, run_id=run.run_id)
    file = stored.FILES[found.form]
    path = (store.folder(key) / file).relative_to(store.project).as_posix()
    try:
        text = (store.load(key, file) or b"").decode(errors="replace")
    except StoreError:
        text = ""
    return Noted(found.findings, forms.executed(run, found.form).notebook.sources, path, text)
