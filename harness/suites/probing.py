"""What an answer does as its prompt shows it: set-up, examples and names, never the hidden tests.

It is asked in the sandbox that judges answers, by a program made of the problem alone.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Protocol

from harness.ports import Executor
from harness.records import Record
from harness.suites.formats import finder
from harness.suites.judging import Bench, Case
from harness.suites.problems import Entry, Judged, Problem, Verdict

PROGRAM = Path(__file__).with_name("program_probe.py")
SECONDS = 20.0  # of the processor's time, for one answer
LEFT = "Left: "  # what the program's way out is called, before what it says


class Probed(Record):
    """What became of an answer; nothing where the prompt's own set-up does not run."""

    runs: bool = True  # whether it could be tried at all
    error: str | None = None  # of the answer: an exception's class, ``timeout``, ``killed``
    held: int = 0  # examples of the prompt
    against: int = 0
    missing: int = 0  # names that the prompt asks for
    digest: str = ""  # the same where another answer left the same; empty: nothing to compare


class Prober(Protocol):
    """Tries answers; from any thread."""

    def probe(self, problem: Problem, code: str) -> Probed:
        """What the program that a reply means does."""
        ...


class SandboxProber:
    """A Prober with a sandbox of its own, one answer at a time. Close it after use."""

    def __init__(self, executor: Executor, scratch: Path) -> None:
        self._bench, self._lock = Bench(executor, scratch, SECONDS), threading.Lock()

    def probe(self, problem: Problem, code: str) -> Probed:
        """See Prober."""
        if not code.strip():
            return Probed(error="no code")
        with self._lock:
            found = read(self._bench.judge(Case(0, _entry(problem), code)))
        lost = len(problem.leaves) if found.error else found.missing
        return found.model_copy(update={"missing": lost})

    def close(self) -> None:
        """End the sandbox."""
        self._bench.close()


def read(verdict: Verdict) -> Probed:
    """What the program says, by the way that it ended. An answer may only lie about itself."""
    if verdict.error != LEFT.rstrip(": ") or not verdict.message.startswith(LEFT):
        return Probed(error=verdict.error or "ended")
    try:
        return Probed.model_validate_json(verdict.message.removeprefix(LEFT))
    except ValueError:
        return Probed(error="forged")


def _entry(problem: Problem) -> Entry:
    about = {
        "setup": "" if problem.whole else problem.setup,
        "before": "" if problem.whole else problem.opening,
        "examples": list(problem.examples),
        "leaves": list(problem.leaves),
    }
    test = f"{PROGRAM.read_text()}\nprobe(answer, json.loads({json.dumps(about)!r}))\n"
    ahead = finder.imports(problem.setup)
    return Entry(problem=problem, judged=Judged(test=test, solution="", ahead=ahead))
