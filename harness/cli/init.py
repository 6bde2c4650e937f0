"""``harness init``: a project folder that works at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New, or empty.")],
) -> None:
    """Write a new project: templates, models.toml, a dataset and fixes to start from.

    Every command works from any folder inside it, or with --project DIR.
    """
    from harness.cli import show
    from harness.project import scaffold

    scaffold.write(folder)
    show.out.print(f"A project is in {show.clean(str(folder))}", soft_wrap=True)
    show.out.print(f"Next: cd {show.clean(str(folder))} && harness generate --stage eda")
