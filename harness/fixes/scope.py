"""The fixes that one run gets: the library's, then those of its stage that fit its dataset.

The library, ``fixes/library/``, holds what is true of a library of Python everywhere. A project
switches it off in ``fixes/series.toml``.
"""

from __future__ import annotations

from pathlib import Path

from harness.errors import ConfigError, HarnessError
from harness.fixes import files
from harness.project import config
from harness.records import Fix, Record

FILE = "series.toml"


class SeriesFile(Record):
    """``fixes/series.toml``."""

    library: bool = True


def series(project: Path, stage: str, dataset: str) -> tuple[Fix, ...]:
    """A run's fixes, in the order in which they are applied.

    A fix of another dataset is no part of them. Raises ConfigError naming file and line, and
    HarnessError where the stage has the library's name.
    """
    if stage == files.LIBRARY:
        raise HarnessError(
            f"a stage cannot be called {stage}: {files.FOLDER}/{stage} holds fixes of all stages",
            "Give its folder another name",
        )
    shared = files.load(project, files.LIBRARY) if includes_library(project) else ()
    own = tuple(fix for fix in files.load(project, stage) if fix.fits(dataset))
    known = {fix.id: fix for fix in shared}
    twin = next((fix for fix in own if fix.id in known), None)
    if twin is not None:
        message = f"{files.LIBRARY}/{known[twin.id].path.name} has the same name"
        raise ConfigError(twin.path, None, message, "Give it another number")
    return (*shared, *own)


def includes_library(project: Path) -> bool:
    """Whether the project takes the library's fixes. Raises ConfigError."""
    path = project / files.FOLDER / FILE
    if not path.exists():
        return True
    return config.build(SeriesFile, config.read_toml(path), path).library
