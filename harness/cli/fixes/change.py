"""``harness fixes edit``, ``rm`` and ``split``: fixes that are there already."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import removal
from harness.cli.options import Project, Verbosity

FixName = Annotated[
    str, typer.Argument(metavar="FIX", help="A fix's id, STAGE/ID, or the first characters.")
]


def edit(fix: FixName, _verbosity: Verbosity = None, project: Project = None) -> None:
    """Edit a fix in your editor ($VISUAL or $EDITOR).

    The file is replaced only by what is a fix. Where your text is none, you are told why and may go
    on with it; it is kept beside the fix until it is one, and the next edit begins with it.

    Examples:

    \b
      harness fixes edit eda/040
      EDITOR=nano harness fixes edit 040-churn-rate-of-text
    """
    from harness import files
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.fixes import files as reading
    from harness.project import config, location

    path = reading.find_path(location.find(project), fix)
    before = config.read_text(path)
    draft = path.with_name(f".{path.stem}.draft{path.suffix}")
    if draft.exists():
        show.info(f"Going on with {draft.name}, which was no fix yet", style="yellow")
    else:
        files.write_atomic(draft, before.encode())
    after = _typed(path, draft, before)
    if after is None:
        draft.unlink()
        show.line(f"{path.name} is unchanged")
        return
    if config.read_text(path) != before:
        raise HarnessError(
            f"{path} was changed meanwhile, and is left so", f"What you wrote is kept in {draft}"
        )
    files.write_atomic(path, after.encode())
    draft.unlink()
    show.line(f"Changed {path}")
    show.info("Next: harness patch RUN")


def _typed(path: Path, draft: Path, before: str) -> str | None:
    """What a person makes of a fix, once it is one; None where they changed nothing."""
    from harness.cli import show
    from harness.errors import ConfigError, HarnessError
    from harness.fixes import files as reading
    from harness.project import config

    while True:
        open_editor(draft)
        try:
            after = config.read_text(draft)
            if after == before:
                return None
            reading.parse(path, after.replace("\r\n", "\n"))
        except ConfigError as error:
            if not sys.stdin.isatty():
                raise HarnessError(
                    str(error), f"What you wrote is kept in {draft}: give the command again"
                ) from None
            show.error(str(error), "red")
            if not typer.confirm("Go on editing?", default=True):
                show.line(f"What you wrote is kept in {draft}; {path.name} is as it was")
                raise typer.Exit(1) from None
        else:
            return after


def remove(
    fixes: Annotated[
        list[str], typer.Argument(metavar="FIX", help="Ids, STAGE/ID, or the first characters.")
    ],
    yes: removal.Yes = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Remove fixes.

    Runs that were patched with one are patched anew by harness patch or harness generate.

    Examples:

    \b
      harness fixes rm eda/040
      harness fixes rm 045-plot 050 --yes
    """
    from harness.cli import show
    from harness.fixes import files as reading
    from harness.project import config, location

    folder = location.find(project)
    paths = list(dict.fromkeys(reading.find_path(folder, one) for one in fixes))
    for path in paths:
        show.line(f"{path.parent.name}/{path.name}")
        show.info(config.read_text(path).partition("\n")[0], style="dim")
    removal.ask(f"Remove {show.count(len(paths), 'fix', 'fixes')} for good?", yes=yes)
    for path in paths:
        path.unlink(missing_ok=True)
    show.line(f"Removed {show.count(len(paths), 'fix', 'fixes')}")
    show.info("Next: harness patch RUN")


def split(fix: FixName, _verbosity: Verbosity = None, project: Project = None) -> None:
    """Split a patch of several hunks into a fix for each.

    Each keeps the head of the old one, and they are applied in its place: their numbers lie between
    its own and the next. Give each its own description with harness fixes edit.

    Example:

    \b
      harness fixes split deployment/010
    """
    from harness.cli import show
    from harness.fixes import files as reading
    from harness.fixes import splitting
    from harness.project import location

    folder = location.find(project)
    path = reading.find_path(folder, fix)
    for written in splitting.split(folder, path):
        show.line(f"Wrote {written}")
    show.line(f"Removed {path.name}")
    show.info("Next: harness fixes edit FIX, so that each says what it does")


def open_editor(path: Path) -> None:
    """Let a person change a file. Raises HarnessError where nobody can, or the editor fails."""
    import click

    from harness.errors import HarnessError

    if not (sys.stdin.isatty() or os.environ.get("VISUAL") or os.environ.get("EDITOR")):
        raise HarnessError(
            "there is no terminal to edit in", f"Set EDITOR, or change {path} by other means"
        )
    try:
        click.edit(filename=str(path))
    except click.ClickException as error:
        raise HarnessError(
            f"the editor failed ({error.message})",
            f"Set EDITOR to another. What you wrote is kept in {path}",
        ) from None
