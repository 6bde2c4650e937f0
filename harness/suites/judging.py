"""Answers beside their hidden tests, in the sandbox, several side by side.

An answer passes only where its child process says so with a nonce, at the very end of its tests:
an answer that ends the process early, whatever its exit code, does not. Whatever an answer does is
a verdict: it hangs, forks, exits, floods, takes all memory or kills the processes above it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from harness import files
from harness.checks.answers import LONGEST, Answer, Refused, one_line
from harness.checks.running import Program
from harness.ports import Executor, Session
from harness.records import Limits, Workspace
from harness.suites import side_by_side
from harness.suites.problems import Entry, Verdict

JUDGING = "1"  # of how verdicts are reached; those of another version are made anew
FOLDER = Path(__file__).parent
DEFAULT_SECONDS = 60.0  # of the processor's time, for one answer beside its tests
WAITS = 3.0  # times as long by the clock: others may be at work on the machine
SLACK = 60.0  # seconds for what surrounds them: imports, a fork, clearing up
PATIENCE = 2.0  # seconds for a judge at work to end; its sandbox dies with this process
FOREVER = 7 * 24 * 3600.0
MOST_OF_A_SESSION = 250  # answers, before its folders in memory are made anew


class Case(NamedTuple):
    """An answer to be judged; ``key`` is its owner's."""

    key: int
    entry: Entry
    code: str


OnVerdict = Callable[[Case, Verdict], None]
"""Called in the caller's own thread, as answers are judged."""


class Said(Answer):
    """What the program answers."""

    nonce: str
    error: str | None
    message: str
    seconds: float = 0.0
    clean: bool = False


def judge(
    cases: Sequence[Case],
    executor: Executor,
    on_verdict: OnVerdict,
    *,
    seconds: float = DEFAULT_SECONDS,
    workers: int = 1,
) -> None:
    """Judge all cases, ``workers`` at a time; those whose tests import the same one after another.

    Raises what a session does that cannot be started (SandboxError), and lets an interrupt through.
    """
    waiting: list[Case] = []
    for case in sorted(cases, key=lambda one: (one.entry.judged.ahead, one.key)):
        if case.code.strip():
            waiting.append(case)
        else:
            on_verdict(case, Verdict(passed=False, error="no code"))

    def verdicts(left: Iterator[Case], _stop: threading.Event) -> Iterator[tuple[Case, Verdict]]:
        with files.Scratch() as scratch, closing(Bench(executor, scratch, seconds)) as bench:
            for case in left:
                yield case, bench.judge(case)

    side_by_side.each(
        waiting, verdicts, lambda found: on_verdict(*found), workers=workers, patience=PATIENCE
    )


class Bench:
    """A sandbox that judges one answer after another, and another sandbox where it broke."""

    def __init__(self, executor: Executor, scratch: Path, seconds: float) -> None:
        self._executor, self._scratch, self._seconds = executor, scratch, seconds
        scratch.chmod(0o711)  # the sandbox's user must get through
        self._session: Session | None = None
        self._program: Program | None = None
        self._judged = 0

    def judge(self, case: Case) -> Verdict:
        """The verdict over one answer."""
        if len(case.code) > LONGEST // 8:
            return Verdict(passed=False, error="too long")
        nonce = secrets.token_hex(16)
        question = {
            "nonce": nonce,
            "ahead": list(case.entry.judged.ahead),
            "test": case.entry.judged.test,
            "answer": case.code,
            "seconds": self._seconds,
            "deadline": WAITS * self._seconds,
        }
        program = self._started()
        try:
            said = program.ask(question, Said)
        except Refused as refused:
            self.close()
            return Verdict(passed=False, error="killed", message=str(refused))
        self._judged += 1
        if not said.clean or self._judged >= MOST_OF_A_SESSION:
            self.close()
        passed = said.error is None and secrets.compare_digest(said.nonce, nonce)
        error = None if passed else one_line(said.error or "forged")[:60]
        return Verdict(
            passed=passed,
            error=error,
            message=one_line(said.message),
            seconds=round(max(0.0, said.seconds), 3),
        )

    def close(self) -> None:
        """End the sandbox. The next answer gets another one."""
        if self._session is not None:
            self._session.close()
            self._session, self._program, self._judged = None, None, 0

    def _started(self) -> Program:
        if self._program is None:
            folder = files.fresh(self._scratch / "work")
            limits = Limits(cell_seconds=WAITS * self._seconds + SLACK, stage_seconds=FOREVER)
            self._session = self._executor.start(Workspace(folder=folder), limits)
            source = (FOLDER / "program.py").read_text()
            forks = (FOLDER / "program_forks.py").read_text()
            self._program = Program(self._session, f"{source}\nFORKS = {forks!r}\n")
        return self._program
