"""``harness init``: a project folder that works at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Verbosity


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    _verbosity: Verbosity = None,
) -> None:
    """Write a new project folder, which works at once.

    It holds prompt templates, models.toml, the Telco dataset and the fixes. Every other command
    works from any folder inside it, or with --project DIR.

    Examples:

    \b
      harness init churn
      cd churn && harness generate --stage eda
    """
    from harness.cli import show
    from harness.project import scaffold

    scaffold.write(folder)
    show.line(f"Wrote a project to {folder}")
    show.info(f"Next: cd {folder} && harness generate --stage eda")
