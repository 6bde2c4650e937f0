"""``harness new``: files of a project that work at once, to be changed into one's own."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import Project, Verbosity

app = typer.Typer(help="Write a new stage, to be changed into your own.", no_args_is_help=True)


@app.command("stage")
def stage(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the stage is called.")],
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Write a stage with one step and one check of its own.

    It runs at once. Its prompt is summary.md.j2, and its check is a Python function in check.py:
    change both into what you want to ask, and to know.

    Example:

    \b
      harness new stage segments
      harness prompts --stage segments       # what would be sent
      harness generate segments
    """
    from harness.cli import show
    from harness.project import location, new_stage

    folder = new_stage.write(location.find(project), name)
    for path in sorted(folder.iterdir()):
        show.line(f"Wrote {path}")
    show.info(f"Next: harness generate {name}")
