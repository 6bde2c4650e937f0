"""Reads the files of ``fixes/<stage>/`` into records; what is wrong is told by file and line."""

from __future__ import annotations

import hashlib
import itertools
import re
from pathlib import Path
from typing import Any

import yaml
from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchedFile, PatchSet

from harness.errors import MOST_LISTED, ConfigError, HarnessError, UnknownNameError
from harness.fixes import headers, rules
from harness.project import config
from harness.records import ANY, Fix, FixHeader, Hunk, Rule

FOLDER = "fixes"
LIBRARY = "library"  # the folder of fixes that every stage gets before its own
SUFFIXES = (".patch", ".yml")
NAME = re.compile(r"[0-9]{3}-[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_ID = 50
STAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# The one file that a fix changes is its stage's notebook: a plain name, so never a path.
FILE_IN_DIFF = re.compile(r"(?:[ab]/)?[A-Za-z0-9][A-Za-z0-9._-]*")
MOST_HUNKS = 200


def names(project: Path) -> list[str]:
    """The folders that hold fixes: the library, which comes first, and stages by name."""
    folders = [folder.name for folder in (project / FOLDER).glob("*/")]
    in_order = sorted(folders, key=lambda name: (name != LIBRARY, name))
    return [name for name in in_order if any(files(project, name))]


def files(project: Path, stage: str) -> list[Path]:
    """The fix files of a folder in the order in which they are applied: that of their names."""
    folder = project / FOLDER / stage
    return sorted(path for path in folder.glob("[!.]*") if path.suffix in SUFFIXES)


def load(project: Path, stage: str) -> tuple[Fix, ...]:
    """All fixes of a folder, in order. Raises ConfigError naming file and line."""
    found = [read(path) for path in files(project, stage)]
    for before, after in itertools.pairwise(found):
        if before.id == after.id:
            raise ConfigError(after.path, None, f"{before.path.name} has the same name")
    return tuple(found)


def find(project: Path, name: str) -> Fix:
    """One fix by its id, or ``stage/id``; a beginning will do. Raises as ``find_path``."""
    return read(find_path(project, name))


def find_path(project: Path, name: str) -> Path:
    """The file of one fix, be it whole or broken. Raises UnknownNameError, HarnessError."""
    known = {
        f"{stage}/{path.stem}": path for stage in names(project) for path in files(project, stage)
    }
    matching = [
        path
        for full, path in known.items()
        if name and (full.startswith(name) or full.partition("/")[2].startswith(name))
    ]
    exact = [path for full, path in known.items() if name in (full, full.partition("/")[2])]
    matching = exact if len(exact) == 1 else matching
    if len(matching) > 1:
        listed = ", ".join(f"{path.parent.name}/{path.stem}" for path in matching[:MOST_LISTED])
        raise HarnessError(
            f"{len(matching)} fixes begin with '{name}': {listed}", "Give STAGE/ID, or enough of it"
        )
    if not matching:
        raise UnknownNameError("fix", name, known, "Give STAGE/ID, or enough of it")
    return matching[0]


def read(path: Path) -> Fix:
    """One fix. Raises ConfigError where its name, head or body is not what it should be."""
    if not NAME.fullmatch(path.stem) or len(path.stem) > LONGEST_ID:
        message = (
            f"a fix is named NNN-slug.patch or NNN-slug.yml, in at most {LONGEST_ID} characters"
        )
        raise ConfigError(path, None, message, "For example: 010-numeric-only.patch")
    if path.is_symlink():
        raise ConfigError(path, None, "a link; a fix is a file of its own")
    text = config.read_text(path).replace("\r\n", "\n")
    return parse(path, text)


def parse(path: Path, text: str) -> Fix:
    """The text of a fix file as a record. Raises ConfigError."""
    if "\0" in text or "\r" in text:
        raise ConfigError(path, None, "binary, not text")
    if len(text.encode(errors="replace")) > config.MOST_BYTES:
        raise ConfigError(path, None, f"larger than {config.MOST_BYTES >> 20} MB")
    if not STAGE.fullmatch(path.parent.name):
        raise ConfigError(path, None, f"'{path.parent.name}' is no stage's name")
    body: dict[str, Any]
    if path.suffix == ".yml":
        header, rule = _rule(path, text)
        body = {"rule": rule}
    else:
        header, hunks = _patch(path, text)
        body = {"hunks": hunks}
    if path.parent.name == LIBRARY:
        _fits_library(path, text, header)
    return Fix(
        **dict(header),
        id=path.stem,
        stage=path.parent.name,
        path=path,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        **body,
    )


def _fits_library(path: Path, text: str, header: FixHeader) -> None:
    """Raise ConfigError for what cannot be true of a library everywhere."""
    if path.suffix != ".yml":
        message = "the library holds rules only; a patch is for the reply that it was made of"
        raise ConfigError(path, None, message, "Put it into the folder of its stage")
    if header.dataset != ANY:
        line, message = headers.line_of(text, "Dataset"), "what holds on one dataset is no library"
        raise ConfigError(path, line, f"Dataset: {message}", "Put it into the folder of a stage")


def _patch(path: Path, text: str) -> tuple[FixHeader, tuple[Hunk, ...]]:
    fields, behind = headers.split(text, path)
    header = headers.build(fields, path, text)
    diff = "\n".join(text.split("\n")[behind:])
    try:
        changed = list(PatchSet(diff))
    except (UnidiffParseError, ValueError) as error:
        message = f"not a unified diff: {error}".strip()
        raise ConfigError(path, None, message, "Make one with: harness fixes capture RUN") from None
    if len(changed) != 1:
        message = f"a fix changes one notebook; this diff changes {len(changed)} files"
        raise ConfigError(path, behind + 1, message)
    if changed[0].is_binary_file:
        raise ConfigError(path, behind + 1, "a binary diff; a fix changes text")
    _nothing_left(path, diff, behind, changed[0])
    for name in (changed[0].source_file, changed[0].target_file):
        if not FILE_IN_DIFF.fullmatch(name):
            message = f"'{name}' is not a notebook's name; a diff's file is a plain name"
            raise ConfigError(path, behind + 1, message, f"Write: --- a/{path.parent.name}.py")
    hunks = tuple(
        Hunk(
            start=hunk.source_start,
            cell=hunk.section_header.strip(),
            lines=tuple(
                (line.line_type, line.value.removesuffix("\n"))
                for line in hunk
                if line.line_type in (" ", "-", "+")
            ),
        )
        for hunk in changed[0]
    )
    if not 0 < len(hunks) <= MOST_HUNKS:
        message = f"{len(hunks)} hunks; a fix has 1 to {MOST_HUNKS}, and best just one"
        raise ConfigError(path, behind + 1, message)
    if not any(tag != " " for hunk in hunks for tag, _ in hunk.lines):
        raise ConfigError(path, behind + 1, "the diff changes nothing")
    return header, hunks


def _nothing_left(path: Path, diff: str, behind: int, changed: PatchedFile) -> None:
    """Raise ConfigError where lines stand behind a hunk that its numbers do not count."""
    lines = diff.split("\n")
    first = next((i for i, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    at = first + sum(1 + len(hunk) for hunk in changed)
    for number, line in enumerate(lines[at:], behind + at + 1):
        if line.startswith("-- "):  # a mail's signature, as git format-patch writes it
            return
        if line.strip() and not line.startswith("\\"):
            message = "a line that its hunk does not count; the numbers behind @@ are too small"
            raise ConfigError(path, number, message)


class _NoAliases(yaml.SafeLoader):
    """YAML without anchors: one of them can stand for itself, or for more than any memory holds."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse an alias where one stands."""
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.composer.ComposerError(
                None,
                None,
                "an alias (*name), which no fix needs",
                self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        return super().compose_node(parent, index)


def _rule(path: Path, text: str) -> tuple[FixHeader, Rule]:
    try:
        values = yaml.load(text, Loader=_NoAliases)  # noqa: S506 - a SafeLoader
    except Exception as error:  # tags make PyYAML raise whatever their types raise
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or type(error).__name__
        raise ConfigError(path, mark.line + 1 if mark else None, f"not YAML: {said}") from None
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError(path, 1, "expected 'Field: value' lines and a rule")
    body = {key: values.pop(key) for key in list(values) if key in rules.KEYS}
    header = headers.build(values, path, text)
    return header, rules.build(body, path, text)
