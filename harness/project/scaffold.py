"""A new project folder, copied from the one that ships: whole, or without its dataset."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from harness import files
from harness.errors import HarnessError, StoreError

MODELS, TEMPLATES, DATA, FIXES = "models.toml", "prompt_templates", "data", "fixes"
SHARED = "_shared"  # of the templates: what every stage includes
EMPTY = (DATA, FIXES, "generated")
IGNORED_BY_GIT = "generated/*\n*.gguf\ndata/*/*\n!data/*/dataset.toml\n!data/*/*_synthetic.csv\n"
Keeps = Callable[[Path], bool]
"""Whether a file of the shipped fixes comes along."""


class Kind(Enum):
    """What of the shipped project a new one holds."""

    WHOLE = "all of it"
    STAGES = "the stages, for a dataset of one's own, and the fixes that hold on any"
    BARE = "what any stage needs, and no stage"


def source() -> Path:
    """Where the shipped project is: inside an installed package, else the checkout around it."""
    package = Path(__file__).parents[1]
    packaged = package / "_project"
    return packaged if packaged.is_dir() else package.parent


def refuse_full(folder: Path) -> None:
    """Raise HarnessError where a project cannot be written, since something is there."""
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise HarnessError(f"{folder} exists and is not empty", "Give a new folder")


@contextmanager
def written(
    folder: Path, kind: Kind = Kind.WHOLE, keeps: Keeps = lambda _path: True
) -> Iterator[Path]:
    """Fill ``folder``, which must be new or empty; it is so again where the block raises.

    Raises HarnessError, or StoreError.
    """
    refuse_full(folder)
    was_there = folder.is_dir()
    try:
        write(folder, kind, keeps)
        yield folder
    except BaseException:
        for one in list(folder.iterdir()) if was_there else [folder]:
            files.clear(one)
        raise


def write(folder: Path, kind: Kind = Kind.WHOLE, keeps: Keeps = lambda _path: True) -> None:
    """Fill ``folder``, which must be new or empty. Raises HarnessError, or StoreError."""
    refuse_full(folder)
    origin = source()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin / MODELS, folder / MODELS)
        _copy_templates(origin / TEMPLATES, folder / TEMPLATES, kind)
        if kind is Kind.WHOLE:
            shutil.copytree(origin / DATA, folder / DATA, ignore=_imported)
        _copy_fixes(origin / FIXES, folder / FIXES, keeps)
        for name in EMPTY:
            (folder / name).mkdir(exist_ok=True)
        (folder / ".gitignore").write_text(IGNORED_BY_GIT)
    except OSError as error:
        raise StoreError(f"{folder} could not be written ({error.strerror})") from error


def _copy_templates(origin: Path, target: Path, kind: Kind) -> None:
    """All templates, or only those that belong to no stage, and the files beside the stages."""
    if kind is not Kind.BARE:
        shutil.copytree(origin, target)
        return
    target.mkdir()
    for one in sorted(origin.iterdir()):
        if one.is_file():
            shutil.copyfile(one, target / one.name)
    shutil.copytree(origin / SHARED, target / SHARED)


def _copy_fixes(origin: Path, target: Path, keeps: Keeps) -> None:
    for path in sorted((*origin.glob("*"), *origin.glob("*/*"))):
        if path.is_file() and keeps(path):
            there = target / path.relative_to(origin)
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)


def _imported(folder: str, names: list[str]) -> list[str]:
    # A table someone imported is theirs to share, not the tool's.
    if Path(folder).parent.name != "data":
        return []
    return [n for n in names if n != "dataset.toml" and not n.endswith("_synthetic.csv")]
