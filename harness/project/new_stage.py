"""A new stage, copied from the skeleton that ships: one step, and one check of its own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from harness import files
from harness.errors import HarnessError, StoreError
from harness.project import stages

SKELETON = Path(__file__).parent / "stage_skeleton"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def write(project: Path, name: str) -> Path:
    """The new stage's folder. Raises HarnessError where the name is taken or none; StoreError."""
    if not NAME.fullmatch(name):
        raise HarnessError(
            f"'{name}' is no name for a stage",
            "Use letters, digits, '.', '_' and '-', a letter or a digit first",
        )
    folder = project / stages.FOLDER / name
    if folder.exists():
        raise HarnessError(f"{folder} is there already", "Choose another name, or remove it")
    try:
        folder.parent.mkdir(exist_ok=True)
        with files.Scratch(folder.parent) as scratch:
            for path in sorted(SKELETON.iterdir()):
                if path.is_file():
                    shutil.copyfile(path, scratch / path.name)
            scratch.chmod(0o755)
            scratch.rename(folder)
    except OSError as error:
        raise StoreError(f"{folder} could not be written ({error.strerror})") from error
    return folder
