"""``harness leaderboard``: models ranked, of one machine or of several."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    AsJson,
    Contexts,
    Models,
    OfDatasets,
    Project,
    Stages,
    Verbosity,
    WithHelp,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.leaderboard import Board, Entry


def leaderboard(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FOLDER...]",
            help="Projects, result files, or folders of them; by default this project.",
            show_default=False,
        ),
    ] = None,
    stages: Stages = None,
    models: Models = None,
    contexts: Contexts = None,
    datasets: OfDatasets = None,
    helped: WithHelp = None,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for a README or a pull request.")
    ] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Rank models by what they came to without a human.

    There is a board for each stage, version of it, table, context and help, and one for all stages
    of a table, of the models that did all of them. What ranks is the share of runs that passed,
    then that of checks that held, of cells that ran, and then how few lines are human. Shares have
    intervals of 95 % where there are runs of several seeds: two models whose intervals overlap
    widely are not told apart by their rank.

    --json prints a result file: a line of numbers per run, no text of a model. The files of several
    machines in one folder give one leaderboard, in which each run counts once.

    Examples:

    \b
      harness leaderboard
      harness leaderboard --json
      harness leaderboard results/ --markdown
      harness leaderboard laptop.json server.json --stage eda --csv
    """
    from harness.analysis.leaderboard import boards, formats, merged, read
    from harness.cli import show
    from harness.project import location

    if sum((as_markdown, as_json, as_csv)) > 1:
        raise typer.BadParameter("--markdown, --json and --csv exclude each other")
    paths = folders or [location.find(project)]
    with show.working("Reading the runs"):
        every = merged(read(paths, show.notice))
        found = _chosen(every, stages, models, contexts, datasets, helped)
        made = boards(found)
    if as_json:
        show.json(formats.document(found, made))
    elif as_csv:
        rows = formats.rows(made)
        writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else ["dataset", "model"])
        writer.writeheader()
        writer.writerows(rows)
    elif not made:
        show.line("No run matches" if every else "There are no runs yet")
        if not every:
            show.info("Next: harness generate --stage eda")
    elif as_markdown:
        print(formats.markdown(made), end="")
    else:
        _print(made)


def _chosen(
    every: Sequence[Entry],
    stages: Sequence[str] | None,
    models: Sequence[str] | None,
    contexts: Sequence[str] | None,
    datasets: Sequence[str] | None,
    helped: Sequence[str] | None,
) -> list[Entry]:
    from harness.cli.run_filters import HELP
    from harness.errors import UnknownNameError
    from harness.project import names

    for name in helped or ():
        if name not in HELP:
            raise UnknownNameError("help", name, HELP, "Several are wanted all together")
    known = {one.model for one in every}
    wanted = {names.full_or_same("model", name, known) for name in models or ()}
    return [
        one
        for one in every
        if (not stages or one.stage in stages)
        and (not wanted or one.model in wanted)
        and (not contexts or one.context in contexts)
        and (not datasets or one.dataset in datasets)
        and all(HELP[name](one.help) for name in helped or ())
    ]


def _print(made: Sequence[Board]) -> None:
    from harness.analysis.leaderboard import formats
    from harness.cli import show

    for board in made:
        always, extra = formats.HEADER[3:6], formats.HEADER[6:]
        table = show.table(
            board.title, ("", "right"), ("model", "line"), ("runs", "right", "extra"),
            *((name, "right") for name in always), *((name, "right", "extra") for name in extra),
        )  # fmt: skip
        for place in board.places:
            table.add_row(*formats.cells(place))
        show.out.print(table)
        show.out.print()
    show.info("Shares with bounds of 95 % by seeds. Share it: harness leaderboard --json")
