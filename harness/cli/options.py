"""Options that several commands share.

One that can be given several times also takes names joined by commas, and drops what it has seen:
``--stage eda,modeling --stage eda`` is the list ``eda, modeling``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _set_level(verbose: bool | None) -> None:
    if verbose is not None:
        from harness.cli import show

        show.set_level(show.Level.VERBOSE if verbose else show.Level.QUIET)


def split(given: list[str] | None) -> list[str] | None:
    """The names in values that may be joined by commas, each once; None where none was given."""
    parts = (part.strip() for value in given or () for part in value.split(","))
    names = list(dict.fromkeys(filter(None, parts)))
    if given and not names:
        raise typer.BadParameter("it names nothing")
    return names or None


def split_paths(given: list[Path] | None) -> list[Path] | None:
    """The same for files; one whose own name has a comma is left whole."""
    found: dict[Path, None] = {}
    for path in given or ():
        parts = [path] if path.exists() else map(Path, split([str(path)]) or ())
        found.update(dict.fromkeys(parts))
    return list(found) or None


Project = Annotated[
    Path | None,
    typer.Option("--project", help="The project folder; by default the nearest one upwards."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbosity = Annotated[
    bool | None,
    typer.Option(
        "--verbose/--quiet",
        "-v/-q",
        help="Say everything, or only results and errors.",
        callback=_set_level,
        show_default=False,
    ),
]
StageArguments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STAGE", callback=split, help="The same as --stage.", show_default=False
    ),
]
Stages = Annotated[
    list[str] | None,
    typer.Option(
        "--stage",
        "--stages",
        metavar="STAGE",
        callback=split,
        help="A folder of prompt_templates/; repeatable, or joined by commas.",
    ),
]
Contexts = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        "--contexts",
        metavar="CONTEXT",
        callback=split,
        help="What the model is told of the data, an entry of contexts.toml; repeatable.",
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        callback=split,
        help="A model's name, or its beginning; repeatable, or joined by commas.",
    ),
]
Steer = Annotated[
    bool | None,
    typer.Option(
        "--steer/--no-steer",
        help="Run statements while they are written; step back where one fails.",
        show_default=False,
    ),
]
Repair = Annotated[
    int | None,
    typer.Option(
        "--repair",
        min=0,
        max=10,
        metavar="N",
        help="Times that the model may rewrite a cell that still fails.",
    ),
]
Candidates = Annotated[
    int | None,
    typer.Option(
        "--candidates",
        min=1,
        max=16,
        metavar="K",
        help="Versions of each step, written at once; the best one goes on.",
    ),
]
WithHelp = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="HELP",
        callback=split,
        help="Only runs with this help: steer, repair, candidates, or none; repeatable.",
    ),
]
OfDatasets = Annotated[
    list[str] | None,
    typer.Option(
        "--dataset",
        metavar="DATASET",
        callback=split,
        help="Only runs on this folder of data/; repeatable.",
    ),
]
StageVersions = Annotated[
    list[str] | None,
    typer.Option(
        "--stage-version",
        metavar="VERSION",
        callback=split,
        help="Only runs of the templates with this digest, or the start of it; repeatable.",
    ),
]
ModelFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--model-file",
        metavar="FILE",
        callback=split_paths,
        help="A GGUF file that needs no entry in models.toml; repeatable.",
    ),
]
ChatFormat = Annotated[
    str | None,
    typer.Option("--chat-format", help="For a --model-file without a chat template."),
]
RunId = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, or the first characters of it.")
]
NoSandbox = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run generated code with your own rights.")
]
Dataset = Annotated[
    str | None, typer.Option("--dataset", help="A folder of data/; default: the only one.")
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="COLUMN", help="The column to predict; without one, only look at it."
    ),
]
TaskName = Annotated[
    str | None,
    typer.Option(
        "--task",
        metavar="TASK",
        help="binary, multiclass, regression or explore; by default guessed.",
    ),
]
Positive = Annotated[
    str | None,
    typer.Option(
        "--positive", metavar="VALUE", help="The value of the target that probabilities are of."
    ),
]
DatasetName = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="What to call the dataset; default: as its file."),
]
Sheet = Annotated[
    str | None,
    typer.Option("--sheet", metavar="SHEET", help="The sheet of a workbook that has several."),
]
Refer = Annotated[
    bool, typer.Option("--refer", help="Use the file where it lies, and make no copy.")
]
Dictionary = Annotated[
    Path | None,
    typer.Option(
        "--from-dictionary",
        metavar="FILE",
        help="What the columns mean: a CSV file, or a table or list in Markdown.",
    ),
]
