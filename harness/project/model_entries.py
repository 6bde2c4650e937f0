"""Changes of ``models.toml`` that leave all else in it as written, comments included."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import tomlkit

from harness import files
from harness.errors import HarnessError
from harness.project import config, models
from harness.project.models import FILE

HEADER = re.compile(r"\s*\[\[?\s*(.+?)\s*\]\]?\s*(#.*)?")


def set_default(project: Path, name: str) -> str:
    """Make an entry the default; returns its whole name. Raises UnknownNameError, HarnessError."""
    spec = models.find(models.load(project), name)
    text = config.read_text(project / FILE)
    document = tomlkit.parse(text)
    document["default"] = spec.name
    _replace(project, tomlkit.dumps(document), {**tomllib.loads(text), "default": spec.name})
    return spec.name


def refuse_used(project: Path, name: str) -> None:
    """Raise HarnessError where an entry cannot go, since the file names it elsewhere."""
    listed = models.load(project)
    if name == listed.default:
        raise HarnessError(
            f"{name} is the default model", "Choose another first: harness models default NAME"
        )
    if name == listed.embedded:
        raise HarnessError(
            f"{name} is what stands in for the default model",
            f"Take it out of embedded in {FILE} first",
        )


def remove(project: Path, name: str) -> None:
    """Take an entry out. Raises HarnessError where it is the default or the embedded one."""
    refuse_used(project, name)
    text = config.read_text(project / FILE)
    wanted = tomllib.loads(text)
    del wanted["models"][name]
    cut = _without_table(text, name)
    if not _says(cut, wanted):  # it is written in another way than as a table of its own
        document = tomlkit.parse(text)
        document["models"].remove(name)
        cut = tomlkit.dumps(document)
    _replace(project, cut, wanted)


def _without_table(text: str, name: str) -> str:
    """The text without the tables of an entry, and the comments right above their headers.

    A comment that stands above the next table is that one's, though TOML counts it to this.
    """
    kept: list[str] = []
    inside = False
    held: list[str] = []  # blank lines and comments in the entry, which may be of what follows
    for line in text.splitlines(keepends=True):
        header = HEADER.fullmatch(line.rstrip("\r\n"))
        if header and config.split_key(header[1])[:2] == ("models", name):
            while kept and kept[-1].lstrip().startswith("#"):
                kept.pop()
            inside, held = True, []
        elif header:
            if inside and held[:1] and not held[0].strip() and not "".join(kept[-1:]).strip():
                held = held[1:]  # one blank line between two tables is enough
            kept += [*held, line] if inside else [line]
            inside, held = False, []
        elif not inside:
            kept.append(line)
        else:
            held = [*held, line] if not line.strip() or line.lstrip().startswith("#") else []
    if not inside:
        return "".join(kept)
    return "".join([*kept, *held]).rstrip("\n") + "\n"


def _says(text: str, wanted: dict[str, object]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _replace(project: Path, text: str, wanted: dict[str, object]) -> None:
    if not _says(text, wanted):
        raise HarnessError(f"{project / FILE} could not be changed", "Change it in an editor")
    files.write_atomic(project / FILE, text.encode())
