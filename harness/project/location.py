"""Which folder is the project: the one named, or the nearest one upwards."""

from __future__ import annotations

from pathlib import Path

from harness.errors import HarnessError
from harness.project import models


def find(given: Path | None) -> Path:
    """The project folder: as given, else the nearest one upwards. Raises HarnessError."""
    if given is not None:
        if (given / models.FILE).is_file():
            return given.resolve()
        raise HarnessError(
            f"{given} is no project: it has no {models.FILE}", f"harness init {given}"
        )
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / models.FILE).is_file():
            return folder
    raise HarnessError(
        f"no project here: {here} and the folders above it have no {models.FILE}",
        "Make one: harness init DIR, or name one: --project DIR",
    )
