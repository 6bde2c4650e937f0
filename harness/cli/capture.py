"""``harness fixes capture``: edits of a patched notebook, as fix files."""

from __future__ import annotations

import datetime
import getpass
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import Project, RunId

if TYPE_CHECKING:
    from harness.fixes.edits import Found
    from harness.records import FixHeader, Run

FORM = """
# The change of cell {cell} in the {stage} stage is below. Lines that begin with # are dropped.
# Cause: {causes}
# When:  always, fails, or fails: ERROR (only where the raw cell failed so: {raw})
#
"""


def capture(
    run: RunId,
    description: Annotated[
        str | None, typer.Option(help="Of every change; without it, an editor asks for each.")
    ] = None,
    cause: Annotated[str | None, typer.Option(help="Why: one of the seven words.")] = None,
    when: Annotated[str, typer.Option(help="always, fails, or fails: ERROR.")] = "always",
    as_rule: Annotated[
        bool, typer.Option("--rule", help="Keep a change as a structural rule where it is one.")
    ] = False,
    by: Annotated[str | None, typer.Option("--author", help="Default: as git knows you.")] = None,
    project: Project = None,
) -> None:
    """Turn what you edited in a run's patched.ipynb into new fixes, one per coherent change.

    Edit the notebook in Jupyter or any editor, save it, then give this command. Outputs and
    metadata are ignored. Nothing is written unless the raw notebook with all fixes gives exactly
    the notebook that you edited.
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
            show.out.print("No edits that the fixes do not hold already")
            return
        named = _Headers(found, description, cause, when, by)
        texts = []
        for number, change in enumerate(taken.changes, 1):
            _print(change, number, len(taken.changes))
            keep = change.rule is not None and as_rule
            if change.rule is not None and not as_rule and sys.stdin.isatty():
                keep = typer.confirm("Keep it as the rule, in place of the patch?", default=False)
            header = named.ask(change)
            text = (
                writing.rule_text(header, change.rule)
                if keep and change.rule is not None
                else writing.patch_text(header, found.stage, change.hunk)
            )
            texts.append((writing.slug_of(header.description), ".yml" if keep else ".patch", text))
        written = capturing.keep(folder, key, found, series, taken, texts, store)
    for path in written:
        show.out.print(f"Wrote {show.clean(str(_near(path)))}", soft_wrap=True)
    show.out.print(f"Next: harness patch {found.run_id}")


class _Headers:
    """The head of each new fix: from options, else from an editor."""

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
        """The head of one fix. Raises HarnessError where nobody can be asked, ConfigError."""
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
    told = []
    for field in ("user.name", "user.email"):
        try:
            done = subprocess.run(
                ["git", "config", field], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        told.append(done.stdout.strip())
    name, email = [*told, "", ""][:2]
    if not name:
        return getpass.getuser()
    return f"{name} <{email}>" if email else name


def _print(change: Found, number: int, total: int) -> None:
    from harness.cli import show
    from harness.fixes import writing

    show.block(f"Change {number} of {total}, cell {change.cell}", change.hunk)
    if change.rule is not None:
        show.block("The same as a rule, for any variable names", writing.rule_body(change.rule))


def _near(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
