"""A new project folder, copied from the one that ships."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.errors import HarnessError, StoreError

SHIPPED = ("models.toml", "prompt_templates", "data", "fixes")
EMPTY = ("generated",)
IGNORED_BY_GIT = "generated/*\n*.gguf\ndata/*/*\n!data/*/dataset.toml\n!data/*/*_synthetic.csv\n"


def source() -> Path:
    """Where the shipped project is: inside an installed package, else the checkout around it."""
    package = Path(__file__).parents[1]
    packaged = package / "_project"
    return packaged if packaged.is_dir() else package.parent


def write(folder: Path) -> None:
    """Fill ``folder``, which must be new or empty. Raises HarnessError, or StoreError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HarnessError(f"{folder} exists and is not empty", "Give a new folder")
    origin = source()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in SHIPPED:
            item = origin / name
            if item.is_file():
                shutil.copyfile(item, folder / name)
            else:
                shutil.copytree(item, folder / name, ignore=_imported)
        for name in EMPTY:
            (folder / name).mkdir()
        (folder / ".gitignore").write_text(IGNORED_BY_GIT)
    except OSError as error:
        raise StoreError(f"{folder} could not be written ({error.strerror})") from error


def _imported(folder: str, names: list[str]) -> list[str]:
    # A table someone imported is theirs to share, not the tool's.
    if Path(folder).parent.name != "data":
        return []
    return [n for n in names if n != "dataset.toml" and not n.endswith("_synthetic.csv")]
