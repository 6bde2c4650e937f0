"""``harness init``: a project folder that works at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    DatasetName,
    Dictionary,
    Positive,
    Refer,
    Sheet,
    Target,
    TaskName,
    Verbosity,
)

if TYPE_CHECKING:
    from harness.project.adding import Wish


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="A table of your own that it is about."),
    ] = None,
    target: Target = None,
    task: TaskName = None,
    positive: Positive = None,
    name: DatasetName = None,
    sheet: Sheet = None,
    refer: Refer = False,
    dictionary: Dictionary = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Only what any stage needs: no stage, no dataset.")
    ] = False,
    _verbosity: Verbosity = None,
) -> None:
    """Write a new project folder, which works at once.

    With --table it is about a table of your own: the table is looked at, the task of its target is
    guessed, and data/NAME/dataset.toml is written, with a line for each column to describe. Without
    it, the project is the one that ships, about the Telco dataset. Every other command works from
    any folder inside it, or with --project DIR.

    Examples:

    \b
      harness init houses --table houses.csv --target price
      harness init visits --table visits.csv --target came_back --positive yes
      harness init telco
      harness init bare --empty
    """
    from harness.cli import adding, show
    from harness.errors import HarnessError
    from harness.project import scaffold

    scaffold.refuse_full(folder)
    if table is not None:
        if empty:
            raise HarnessError("--empty and --table exclude each other", "Leave one of them out")
        wish = adding.wish_of(
            table,
            target=target,
            task=task,
            positive=positive,
            name=name,
            sheet=sheet,
            refer=refer,
            dictionary=dictionary,
        )
        _about(folder, wish)
        return
    described = {"--target": target, "--task": task, "--positive": positive, "--sheet": sheet}
    adding.refuse_alone(
        {**described, "--name": name, "--refer": refer, "--from-dictionary": dictionary}
    )
    if empty:
        scaffold.write(folder, scaffold.Kind.BARE, _of_the_library)
    else:
        scaffold.write(folder)
    show.line(f"Wrote a project to {folder}")
    show.info(
        f"Next: cd {folder} && "
        + ("harness data add FILE --target COLUMN" if empty else "harness generate --stage eda")
    )


def _about(folder: Path, wish: Wish) -> None:
    """A project about a table."""
    from harness.cli import adding, show
    from harness.project import adding as adds
    from harness.project import scaffold

    addition = adding.planned(wish)
    with (
        scaffold.written(folder, scaffold.Kind.STAGES, _holds_anywhere),
        show.reading(f"Holding rows of {wish.file.name} out") as report,
    ):
        added = adds.write(folder, addition, report)
    adding.say(addition, added)
    show.info(f"Next      cd {folder} && {adding.next_command(folder, addition.spec.name)}")


def _holds_anywhere(path: Path) -> bool:
    """Whether a file of the shipped fixes is true of any dataset."""
    from harness import fixes
    from harness.records import ANY

    return path.suffix not in fixes.SUFFIXES or fixes.read(path).dataset == ANY


def _of_the_library(path: Path) -> bool:
    from harness import fixes

    return path.parent.name in (fixes.LIBRARY, fixes.FOLDER)
