"""Models in several files, ``NAME-00001-of-00003.gguf`` and so on: their names, and their sizes.

llama.cpp is given the first part and opens the others beside it, so the first stands for all.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from harness.errors import ModelFileError

# As llama.cpp's llama_split_path writes it.
NAME = re.compile(r"(?P<stem>.+)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})\.gguf")


class Part(NamedTuple):
    """What the name of a part says."""

    stem: str
    number: int  # from 1 on, as in the name
    total: int

    @property
    def possible(self) -> bool:
        """Whether there can be such a part."""
        return 1 <= self.number <= self.total

    def sibling(self, number: int) -> str:
        """The name of another part."""
        return f"{self.stem}-{number:05d}-of-{self.total:05d}.gguf"


def part(name: str) -> Part | None:
    """What the name of a file, folders before it or not, says; None: it is no part's name."""
    found = NAME.fullmatch(name)
    return Part(found["stem"], int(found["number"]), int(found["count"])) if found else None


def first(path: Path) -> Path:
    """The first part, for the path of any; another path as it is."""
    said = part(path.name)
    return path.with_name(said.sibling(1)) if said is not None and said.possible else path


def names(name: str) -> tuple[str, ...]:
    """All parts in order, for the name of any, folders before it or not; else the name alone."""
    said = part(name)
    if said is None or not said.possible:
        return (name,)
    return tuple(said.sibling(number) for number in range(1, said.total + 1))


def stem(path: Path) -> str:
    """The file's name without its ending, and without what tells parts from each other."""
    said = part(path.name)
    return path.stem if said is None else said.stem


def files(path: Path) -> tuple[Path, ...]:
    """All files of a model, of which ``path`` is one; ModelFileError where one is missing."""
    said = part(path.name)
    if said is None:
        return (path,)
    if not said.possible:
        raise ModelFileError(
            f"{path}: named as part {said.number} of {said.total}, which there is not",
            "Give the file the name that it was made with, or download it again",
        )
    found = [path.with_name(name) for name in names(path.name)]
    for number, one in enumerate(found, 1):
        if not one.is_file():
            raise ModelFileError(
                f"{one}: part {number} of {said.total} of the model is not there",
                "All parts belong in one folder: get the missing one",
            )
    return tuple(found)


def whole(path: Path) -> bool:
    """Whether the file is there, and with it all the others of its model."""
    return all(path.with_name(name).is_file() for name in names(path.name))


def size(path: Path) -> int:
    """Bytes of all files of a model. Raises ModelFileError."""
    return sum(one.stat().st_size for one in files(path))
