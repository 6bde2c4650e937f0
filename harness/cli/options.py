"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Project = Annotated[
    Path | None,
    typer.Option("--project", help="Project folder; default: the nearest one upwards."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModelName = Annotated[
    str | None, typer.Option("--model", help="A name from models.toml; default: its default.")
]
ModelFile = Annotated[
    Path | None,
    typer.Option("--model-file", help="Any GGUF file; needs no entry in models.toml."),
]
ChatFormat = Annotated[
    str | None,
    typer.Option("--chat-format", help="For a --model-file without a chat template."),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or how it begins.")]
NoSandbox = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run generated code with your own rights.")
]
Dataset = Annotated[
    str | None, typer.Option("--dataset", help="A folder of data/; default: the only one.")
]
