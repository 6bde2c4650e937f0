"""``harness diff``: raw against patched, or one run against another."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Project, Verbosity

if TYPE_CHECKING:
    from harness.analysis.views import Compared

FORMATS = ("terminal", "unified", "html", "json")
FORMS = ("raw", "repaired", "patched")


def diff(
    what: Annotated[
        str,
        typer.Argument(metavar="STAGE-or-RUN", help="A run's id, or a stage for its newest run."),
    ],
    against: Annotated[
        str | None, typer.Option("--against", metavar="RUN", help="Compare with this other run.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--form", help="Which notebooks --against compares: raw, repaired or patched."
        ),
    ] = "raw",
    first: Annotated[
        str | None,
        typer.Option("--from", help="The notebook that is changed: raw, or repaired."),
    ] = None,
    second: Annotated[
        str | None,
        typer.Option("--to", help="What it is changed into: repaired, or patched."),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", help="terminal, unified, html or json.")
    ] = "terminal",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; - prints it instead.")
    ] = None,
    tool: Annotated[
        str | None, typer.Option("--tool", help="web opens nbdime's own view in a browser.")
    ] = None,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Show what humans changed in a run, what the model repaired, or how two runs differ.

    Without --from and --to, what the model wrote, its own repairs included, is compared with the
    patched notebook.
    Each changed cell has its status before and after, and each change stands under its fix. A
    terminal of 120 columns or more shows both sides next to each other. Formats other than terminal
    are written to a file beside the notebooks, or to --output.

    Examples:

    \b
      harness diff eda
      harness diff 8d8d --format html
      harness diff 8d8d --from raw --to repaired
      harness diff 8d8d --against 7f01
    """
    from harness.analysis import views
    from harness.cli import show, side_by_side
    from harness.errors import HarnessError
    from harness.project import location
    from harness.runs.store import FileStore

    _know(format, tool, form, first, second)
    store = FileStore(location.find(project), show.notice)
    one = views.newest_or_named(store, what)
    compared = (
        views.with_itself(store, one, first, second)
        if against is None
        else views.with_another(store, one, store.find(against), form)
    )
    if tool == "web":
        _web(compared)
        return
    to_stdout = output is not None and str(output) == "-"
    if format == "terminal":
        if output is not None and not to_stdout:
            raise HarnessError("--output goes with --format", "Add --format html, for example")
        side_by_side.show_all(compared)
        return
    text = views.as_text(compared, format)
    if to_stdout:
        show.exactly(text.encode(errors="replace"))
        return
    from harness import files

    path = output or compared.folder / f"diff.{ {'unified': 'patch'}.get(format, format) }"
    files.write_atomic(path, text.encode(errors="replace"))
    show.line(f"Wrote {path}")


def _know(format: str, tool: str | None, *forms: str | None) -> None:
    from harness.errors import UnknownNameError

    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    for form in forms:
        if form is not None and form not in FORMS:
            raise UnknownNameError("form", form, FORMS)
    if tool not in (None, "web"):
        raise UnknownNameError("tool", str(tool), ["web"])


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
        raise HarnessError(f"{missing} is missing", "Make it again: harness patch RUN --force")
    # Outputs stay out: nbdime would render what generated code printed.
    command = [sys.executable, "-m", "nbdime.webapp.nbdiffweb", "--ignore-outputs"]
    show.info("nbdime's view opens in your browser; Ctrl-C ends it")
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run([*command, *map(str, compared.paths)], check=False)
