"""``harness report``: all runs as pages that a browser shows without a server."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Project, Verbosity

FORMATS = ("html", "markdown")
FOLDER = "report"


def report(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN", help="Runs that get a page too, if they are not among the newest."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Write there; default: report/ here."),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="html or markdown.")
    ] = FORMATS[0],
    pages: Annotated[
        int,
        typer.Option("--pages", min=0, help="Runs that have a page of their own, newest first."),
    ] = 1000,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Write all runs as pages that a browser shows without a server.

    The folder holds an overview, the ladder, failures, fixes, a page for each kind of run and one
    for each run, plots as SVG, and tables as CSV. Nothing in it is loaded from elsewhere, and what
    models wrote is shown as text. It can be opened from the disk or published as it is. Pages are
    written again only where a record changed. With --format markdown it is one page and its
    pictures.

    Examples:

    \b
      harness report --open
      harness report 8d8d --pages 100
      harness report --format markdown --out docs/results
    """
    from harness.analysis.report import build
    from harness.analysis.report.told import Report
    from harness.cli import show
    from harness.errors import UnknownNameError
    from harness.project import location
    from harness.runs.store import FileStore

    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    store = FileStore(location.find(project), show.notice)
    named = [store.find(one)[0].run_id for one in runs or ()]
    told = Report(store)
    folder = out or store.project / FOLDER
    if format == "html":
        written, first = build.as_pages(told, folder, named, pages), folder / "index.html"
    else:
        written, first = build.as_markdown(told, folder), folder / "report.md"
    show.line(
        f"{first}: {show.count(len(told.facts), 'run')}, "
        f"{show.count(written.files, 'file')}, {show.size(written.size)}"
    )
    show.info(f"{written.made:,} written now, {written.removed:,} removed")
    if open_it:
        webbrowser.open(first.resolve().as_uri())
