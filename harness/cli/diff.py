"""``harness diff``: raw against patched, or one run against another."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Project

if TYPE_CHECKING:
    from harness.analysis.views import Compared

FORMATS = ("terminal", "unified", "html", "json")
FORMS = ("raw", "patched")


def diff(
    what: Annotated[
        str, typer.Argument(metavar="STAGE-or-RUN", help="A stage means its newest run.")
    ],
    against: Annotated[
        str | None, typer.Option("--against", help="Another run, in place of its own raw form.")
    ] = None,
    form: Annotated[
        str, typer.Option("--form", help="With --against: raw or patched notebooks.")
    ] = "raw",
    format: Annotated[
        str, typer.Option("--format", help="terminal, unified, html or json.")
    ] = "terminal",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; - is standard output.")
    ] = None,
    tool: Annotated[
        str | None, typer.Option("--tool", help="web: open nbdime's own view in a browser.")
    ] = None,
    project: Project = None,
) -> None:
    """Show what humans changed, cell by cell: each hunk under its fix, status before and after.

    Side by side from 120 columns on. --format writes a file beside the notebooks, or --output.

    Examples:

      harness diff eda

      harness diff 2cb6 --format html

      harness diff 2cb6 --against 7f01
    """
    from harness.analysis import views
    from harness.cli import show, side_by_side
    from harness.errors import HarnessError, UnknownNameError
    from harness.project import location
    from harness.runs.store import FileStore

    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    if form not in FORMS:
        raise UnknownNameError("form", form, FORMS)
    if tool not in (None, "web"):
        raise UnknownNameError("tool", str(tool), ["web"])
    store = FileStore(location.find(project))
    one = views.newest_or_named(store, what)
    compared = (
        views.with_itself(store, one)
        if against is None
        else views.with_another(store, one, store.find(against), form)
    )
    if tool == "web":
        _web(compared)
        return
    if format == "terminal":
        if output is not None:
            raise HarnessError("--output goes with --format", "Add --format html, for example")
        side_by_side.show_all(compared)
        return
    text = views.as_text(compared, format)
    if output is not None and str(output) == "-":
        sys.stdout.write(text)
        return
    from harness import files

    path = output or compared.folder / f"diff.{ {'unified': 'patch'}.get(format, format) }"
    files.write_atomic(path, text.encode())
    show.out.print(f"Wrote {show.clean(str(path))}", soft_wrap=True)


def _web(compared: Compared) -> None:
    from harness.cli import show
    from harness.errors import HarnessError

    if importlib.util.find_spec("nbdime") is None:
        raise HarnessError(
            "--tool web needs nbdime, which is not installed",
            "Install it: pip install 'notebook-harness[web]', or use --format html",
        )
    missing = next((path for path in compared.paths if not path.is_file()), None)
    if missing is not None:
        raise HarnessError(f"{missing} is not there", "Make it anew: harness patch RUN --force")
    # Outputs stay out: nbdime would render what generated code printed.
    command = [sys.executable, "-m", "nbdime.webapp.nbdiffweb", "--ignore-outputs"]
    show.out.print("nbdime's view opens in your browser; Ctrl-C ends it")
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run([*command, *map(str, compared.paths)], check=False)
