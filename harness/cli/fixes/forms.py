"""The head of a new fix: from options, else from a form in an editor, which is kept until used."""

from __future__ import annotations

import datetime
import getpass
import hashlib
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness import files
from harness.cli.fixes.change import open_editor
from harness.cli.fixes.shown import shortened
from harness.errors import HarnessError
from harness.fixes import files as reading
from harness.fixes import headers
from harness.fixes.capture import when_needed
from harness.project import config

if TYPE_CHECKING:
    from harness.fixes.edits import Found
    from harness.records import FixHeader, Run

FORM = """
# The change of cell {cell} in the {stage} stage is below. Lines that begin with # are dropped.
# Description: say in one line what changes; lines below it that are indented say why.
# When: needed (where the raw cell failed, or a check of what it made); fails; fails: ERROR (where
#       it failed with this error); or always (even where it works).
#       The raw cell of this run ended with: {raw}
# Dataset: {dataset}, which this run is on; or any, for what is true of a library everywhere.
# Cause, why a human had to step in:
{causes}
#
"""


class Given(NamedTuple):
    """What options say of all fixes of one capture."""

    description: str | None
    cause: str | None
    when: str | None
    dataset: str | None
    author: str | None


class Form:
    """The head of each new fix."""

    def __init__(self, run: Run, project: Path, given: Given) -> None:
        self._run, self._given = run, given
        self._folder = project / reading.FOLDER / run.stage
        self.has_cause = bool(given.cause)
        self.is_whole = bool(given.description and given.cause)
        self._author = given.author or author()

    def _fields(self, change: Found) -> dict[str, str]:
        return {
            "Description": self._given.description or "",
            "Author": self._author,
            "Date": str(datetime.date.today()),
            "Cause": self._given.cause or "",
            "When": self._given.when or str(when_needed(self._run, change.cell)),
            "Dataset": self._given.dataset or self._run.dataset,
        }

    def given(self, change: Found) -> FixHeader:
        """The head that options give. Raises HarnessError where they do not suffice."""
        if not self.is_whole:
            raise HarnessError(
                "a fix needs a description and a cause, and there is no terminal to ask in",
                "Pass --description TEXT --cause WORD",
            )
        fields = self._fields(change)
        return self._built(fields, "\n".join(f"{k}: {v}" for k, v in fields.items()))

    def draft(self, change: Found) -> Path:
        """Where what is typed for a change is kept, by what the change is."""
        name = hashlib.sha256(change.hunk.encode()).hexdigest()[:8]
        return self._folder / f".capture-{self._run.run_id}-{name}.txt"

    def begin(self, change: Found, cause: str) -> None:
        """Write the form that is to be filled in."""
        ended = {c.cell: c.verdict for c in (self._run.raw.cells if self._run.raw else ())}
        form = FORM.format(
            cell=change.cell,
            stage=self._run.stage,
            causes="\n".join(f"#   {one.value}: {how}" for one, how in headers.MEANINGS.items()),
            raw=ended.get(change.cell, "a new cell"),
            dataset=self._run.dataset,
        )
        fields = {**self._fields(change), **({"Cause": cause} if cause else {})}
        asked = "".join(f"{name}: {value}\n" for name, value in fields.items())
        shown = "".join(f"# {line}\n" for line in shortened(change.hunk).split("\n"))
        files.write_atomic(self.draft(change), (asked + form + shown).encode())

    def fill_in(self, change: Found) -> FixHeader:
        """Open the form; the head that a person wrote. Raises HarnessError; the draft stays."""
        path = self.draft(change)
        open_editor(path)
        text = config.read_text(path).replace("\r\n", "\n")
        kept = "\n".join("" if line.startswith("#") else line for line in text.split("\n"))
        fields, _ = headers.split(kept, path)
        return self._built(fields, kept, path)

    def _built(self, fields: dict[str, str], text: str, path: Path = Path("new fix")) -> FixHeader:
        # A later capture tells by this that the notebook holds the fix.
        header = headers.build(fields, path, text)
        return header.model_copy(update={"from_run": self._run.run_id})


def author() -> str:
    """The user as git knows them, else their login name."""
    answers = []
    for field in ("user.name", "user.email"):
        try:
            done = subprocess.run(
                ["git", "config", field], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        answers.append(done.stdout.strip())
    name, email = [*answers, "", ""][:2]
    if not name:
        return getpass.getuser()
    return f"{name} <{email}>" if email else name
