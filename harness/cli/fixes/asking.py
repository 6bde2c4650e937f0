"""Asks which changes of a notebook become fixes; each is written once it is answered."""

from __future__ import annotations

from pathlib import Path

import typer

from harness import fixes
from harness.cli import show
from harness.cli.fixes.forms import Form
from harness.cli.fixes.shown import near, print_change, text_of
from harness.errors import HarnessError
from harness.fixes import capture as capturing
from harness.fixes import edits, headers
from harness.fixes.capture import Taken
from harness.fixes.edits import Found, Operation, Unfolding
from harness.records import Cause, FixHeader, Run, RunKey
from harness.runs.store import FileStore

INTERRUPTED = 130
ANSWERS = {
    "y": "yes, keep this change as a fix",
    "n": "no, leave it out; it stays in patched.ipynb, and can be captured later",
    "s": "split it, and ask for each stretch of lines",
    "q": "quit; what was answered so far is kept",
    "?": "say what these mean",
}


class Session:
    """One capture in a terminal."""

    def __init__(
        self,
        project: Path,
        key: RunKey,
        run: Run,
        store: FileStore,
        taken: Taken,
        form: Form,
        *,
        as_rule: bool,
    ) -> None:
        self._project, self._key, self._run, self._store = project, key, run, store
        self._taken, self._form, self._as_rule = taken, form, as_rule
        self._unfolding = Unfolding(taken.patched)
        self._left = 0

    def ask_all(self, *, everything: bool) -> None:
        """Ask for every change. Exits with 130 where the person interrupts; what is done stays."""
        waiting = edits.operations(self._taken.patched, self._taken.edited)
        try:
            while waiting:
                change = waiting.pop(0)
                found = self._unfolding.look(change)
                print_change(found, f"{show.count(len(waiting) + 1, 'change')} to go")
                answer = "y" if everything else _answer(can_split=len(change.edits) > 1)
                if answer == "q":
                    self._left += len(waiting) + 1
                    break
                if answer == "s":
                    waiting = [*change.split(), *waiting]
                elif answer == "n" or not self._keep(change, found):
                    self._left += 1
        except (typer.Abort, KeyboardInterrupt):
            self._left += len(waiting) + 1
            self._say()
            raise typer.Exit(INTERRUPTED) from None
        self._say()

    def _say(self) -> None:
        if self._left:
            left = show.count(self._left, "change is", "changes are")
            show.line(f"{left} left, in patched.ipynb")
            show.info(f"To go on: harness fixes capture {self._run.run_id}")
        else:
            show.info(f"Next: harness patch {self._run.run_id}")

    def _keep(self, change: Operation, found: Found) -> bool:
        """Ask what a fix needs, and write it; False where the person gives up."""
        as_rule = found.rule is not None and (
            self._as_rule or typer.confirm("Write the rule instead of the patch?", default=False)
        )
        draft = self._form.draft(found)
        if self._form.is_whole:
            pass
        elif draft.exists():
            show.info("Going on with what you typed before", style="yellow")
        else:
            self._form.begin(found, "" if self._form.has_cause else _cause())
        while True:
            try:
                is_whole = self._form.is_whole
                header = self._form.given(found) if is_whole else self._form.fill_in(found)
                self._write(header, change, found, as_rule=as_rule)
            except HarnessError as error:
                show.error(str(error), "red")
                if self._form.is_whole or not typer.confirm("Go on editing?", default=True):
                    if draft.exists():
                        show.line(f"What you typed is kept in {near(draft)}")
                    return False
            else:
                draft.unlink(missing_ok=True)
                return True

    def _write(self, header: FixHeader, change: Operation, found: Found, *, as_rule: bool) -> None:
        series = fixes.series(self._project, self._run.stage, self._run.dataset)
        # To be proved: what was taken over before gives, with this change, just that.
        taken = self._taken._replace(edited=self._unfolding.with_change(change))
        text = text_of(header, self._run, found, as_rule=as_rule)
        (path,) = capturing.keep(
            self._project, self._key, self._run, series, taken, [text], self._store
        )
        self._unfolding.apply(change)
        show.line(f"Wrote {near(path)}")


def _answer(*, can_split: bool) -> str:
    known = [letter for letter in ANSWERS if can_split or letter != "s"]
    while True:
        said = str(typer.prompt(f"Keep this change as a fix? [{','.join(known)}]")).strip().lower()
        if said[:1] in known and said[:1] != "?":
            return said[:1]
        if said[:1] == "s":
            show.line("It is one stretch of lines, and cannot be split")
        for letter in known:
            show.line(f"{letter}  {ANSWERS[letter]}")


def _cause() -> str:
    """A cause, chosen by number or by word."""
    causes = list(Cause)
    show.line("Why was the change needed?")
    for number, cause in enumerate(causes, 1):
        show.line(f"{number}  {cause.value}: {headers.MEANINGS[cause]}")
    while True:
        said = str(typer.prompt(f"Cause [1-{len(causes)}, or the word]")).strip().lower()
        if said.isdecimal() and 1 <= int(said) <= len(causes):
            return causes[int(said) - 1].value
        found = [cause.value for cause in causes if cause.value.startswith(said)]
        if len(found) == 1:
            return found[0]
        show.line("One of the numbers or words above, please")
