"""Which folder is the project: the one named, or the nearest one upwards."""

from __future__ import annotations

from pathlib import Path

from harness.errors import HarnessError
from harness.project import models


def is_project(folder: Path) -> bool:
    """Whether a folder is one."""
    return (folder / models.FILE).is_file()


def find(given: Path | None) -> Path:
    """The project folder: as given, else the nearest one upwards. Raises HarnessError."""
    if given is not None:
        if is_project(given):
            return given.resolve()
        raise HarnessError(
            f"{given} is no project: it has no {models.FILE}", f"harness init {given}"
        )
    here = Path.cwd()
    for folder in (here, *here.parents):
        if is_project(folder):
            return folder
    raise HarnessError(
        f"no project here: {here} and the folders above it have no {models.FILE}",
        "Make one: harness init DIR, or name one: --project DIR",
    )
