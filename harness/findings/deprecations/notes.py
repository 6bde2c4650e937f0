"""What libraries took out or are about to, read from ``notes.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from harness.records import Record

FILE = Path(__file__).with_name("notes.toml")
NUMBER = re.compile(r"\d{1,9}")
POSITIONAL = "positional argument {}"  # what a number or a flag without a name is called, from 1 on


class Release(Record):
    """What one release took out, or announced that it will be; ``source`` says so."""

    library: str
    version: str
    source: str
    gone: bool = True
    names: dict[str, str] = Field(default_factory=dict)
    methods: dict[str, str] = Field(default_factory=dict)
    arguments: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    inplace: tuple[str, ...] = ()  # methods whose argument of that name is going

    @property
    def told(self) -> str:
        """The release, in words."""
        return f"{self.library} {self.version}"

    def is_in(self, packages: Mapping[str, str]) -> bool:
        """Whether the installed version is that of the release, or a later one."""
        installed = packages.get(self.library)
        return installed is not None and _numbers(installed) >= _numbers(self.version)


class Entry(NamedTuple):
    """One of its lines."""

    release: Release
    replacement: str


class Notes(NamedTuple):
    """All lines, by what they are of."""

    names: dict[str, Entry]
    methods: dict[str, Entry]
    arguments: dict[str, Entry]
    values: dict[tuple[str, str], Entry]
    inplace: dict[str, Entry]


@cache
def known() -> Notes:
    """What is known. Raises ValidationError where the file is not as it should be."""
    held = tomllib.loads(FILE.read_text(encoding="utf-8"))["notes"]
    found = Notes({}, {}, {}, {}, {})
    for one in map(Release.model_validate, held):
        for name, instead in one.names.items():
            found.names[name] = Entry(one, instead)
        for name, instead in one.methods.items():
            found.methods[name] = Entry(one, instead)
        for name, instead in one.arguments.items():
            found.arguments[name] = Entry(one, instead)
        for name, instead in one.values.items():
            argument, _, value = name.partition("=")
            found.values[argument, value] = Entry(one, instead)
        for name in one.inplace:
            found.inplace[name] = Entry(one, f"the frame that {name} returns")
    return found


def _numbers(version: str) -> tuple[int, ...]:
    numbers = tuple(int(one) for one in NUMBER.findall(version)[:3])
    return numbers + (0,) * (3 - len(numbers))
