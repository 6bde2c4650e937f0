"""``harness fixes capture``: edits of a patched notebook, as fix files."""

from __future__ import annotations

import datetime
import getpass
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Project, RunId, Verbosity

if TYPE_CHECKING:
    from harness.fixes.edits import Found
    from harness.records import FixHeader, Run

FORM = """
# The change of cell {cell} in the {stage} stage is below. Lines that begin with # are dropped.
# Cause: {causes}
# When:  always; fails (only where the raw cell failed); or fails: ERROR (only with this error).
#        The raw cell of this run ended with: {raw}
#
"""


def capture(
    run: RunId,
    description: Annotated[
        str | None,
        typer.Option(help="What changes and why; without it, an editor opens for each change."),
    ] = None,
    cause: Annotated[
        str | None,
        typer.Option(
            help="Why a human had to step in: data-unseen, deprecated, under-specified, "
            "commentary, syntax, environment or enhancement."
        ),
    ] = None,
    when: Annotated[
        str,
        typer.Option(
            help="Where the fix is applied: always, or where the raw cell failed (fails), or "
            "failed with an error (fails: KeyError)."
        ),
    ] = "always",
    as_rule: Annotated[
        bool, typer.Option("--rule", help="Write structural rules, where a change can be one.")
    ] = False,
    by: Annotated[
        str | None, typer.Option("--author", help="By default your name as git knows it.")
    ] = None,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Turn your edits of a run's patched.ipynb into fixes.

    Edit the notebook in Jupyter or any editor, save it, and give this command. It writes one file
    per coherent change to fixes/STAGE/. Outputs and metadata are ignored. Nothing is written unless
    the raw notebook with all fixes gives exactly the notebook that you edited.

    Examples:

    \b
      harness fixes capture 8d8d
      harness fixes capture 8d8d --cause syntax --description "Close the bracket"
    """
    from harness import fixes
    from harness.cli import show
    from harness.fixes import capture as capturing
    from harness.fixes import writing
    from harness.project import location
    from harness.runs.store import FileStore

    folder = location.find(project)
    store = FileStore(folder)
    key, found = store.find(run)
    with store.lock(key):
        series = fixes.load(folder, found.stage)
        taken = capturing.take(key, found, series, store)
        if not taken.changes:
            show.line("The notebook has no edits that are not fixes already")
            return
        named = _Headers(found, description, cause, when, by)
        texts = []
        for number, change in enumerate(taken.changes, 1):
            _print(change, number, len(taken.changes))
            keep = change.rule is not None and as_rule
            if change.rule is not None and not as_rule and sys.stdin.isatty():
                keep = typer.confirm("Write the rule instead of the patch?", default=False)
            header = named.ask(change)
            text = (
                writing.rule_text(header, change.rule)
                if keep and change.rule is not None
                else writing.patch_text(header, found.stage, change.hunk)
            )
            texts.append((writing.slug_of(header.description), ".yml" if keep else ".patch", text))
        written = capturing.keep(folder, key, found, series, taken, texts, store)
    for path in written:
        show.line(f"Wrote {_near(path)}")
    show.info(f"Next: harness patch {found.run_id}")


class _Headers:
    """The header of each new fix: from options, else from an editor."""

    def __init__(
        self, run: Run, description: str | None, cause: str | None, when: str, by: str | None
    ) -> None:
        self._run = run
        self._fields = {
            "Description": description or "",
            "Author": by or author(),
            "Date": str(datetime.date.today()),
            "Cause": cause or "",
            "When": when,
            "From-Run": run.run_id,
        }

    def ask(self, change: Found) -> FixHeader:
        """The header of one fix. Raises HarnessError where nobody can be asked, ConfigError."""
        import click

        from harness.errors import HarnessError
        from harness.fixes import headers
        from harness.records import Cause

        path = Path("new fix")
        fields = self._fields
        if not (fields["Description"] and fields["Cause"]):
            if not sys.stdin.isatty():
                raise HarnessError(
                    "a fix needs a description and a cause, and there is no terminal to ask in",
                    "Pass --description TEXT --cause WORD",
                )
            ended = {c.cell: c.verdict for c in (self._run.raw.cells if self._run.raw else ())}
            form = FORM.format(
                cell=change.cell,
                stage=self._run.stage,
                causes=", ".join(cause.value for cause in Cause),
                raw=ended.get(change.cell, "a new cell"),
            )
            asked = "".join(f"{name}: {value}\n" for name, value in fields.items())
            shown = "".join(f"# {line}\n" for line in change.hunk.split("\n"))
            text = click.edit(asked + form + shown, extension=".txt", require_save=False) or ""
            kept = [line for line in text.split("\n") if not line.startswith("#")]
            fields, _ = headers.split("\n".join(kept), path)
        text = "\n".join(f"{name}: {value}" for name, value in fields.items())
        return headers.build(fields, path, text)


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


def _print(change: Found, number: int, total: int) -> None:
    from harness.cli import show
    from harness.fixes import writing

    show.block(f"Change {number} of {total}, cell {change.cell}", change.hunk)
    if change.rule is not None:
        show.block("The same as a rule, whatever the variables", writing.rule_body(change.rule))


def _near(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
