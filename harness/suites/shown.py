"""What a prompt shows of a right answer, held against what a kernel holds: examples, and names.

Examples are the prompt's own, which the model has read; the hidden tests are not at hand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.records import CellStatus
from harness.steering.correcting import Wrong
from harness.steering.kernel import WorkingKernel
from harness.suites.problems import Problem

MOST_EXAMPLES = 5
LONGEST = 100  # characters of an example, and of what it gives
MISSING = "NameError"


class Shown:
    """Says what is wrong with a reply that has ended; see ``steering.correcting.WhatIsWrong``."""

    watches = False

    def __init__(self, problem: Problem, kernel: WorkingKernel) -> None:
        self._problem, self._kernel = problem, kernel

    def held(self) -> tuple[Wrong, ...]:
        """Nothing: what is asked for need not be there before the end."""
        return ()

    def wrong(self, *, ended: bool) -> tuple[Wrong, ...]:
        """Names that are not there, calls that fail, and examples that do not hold."""
        return tuple(self._wrong()) if ended else ()

    def _wrong(self) -> Iterator[Wrong]:
        for name in self._problem.leaves:
            if failed := self._failed(name):
                missing = failed.startswith(MISSING)
                yield Wrong(f"{name} is not there yet" if missing else f"{name} gives {failed}")
        for example in self._problem.examples[:MOST_EXAMPLES]:
            if failed := self._failed(telling(example)):
                said = example.rpartition("\n")[2]
                yield Wrong(f"{said[:LONGEST]} does not hold: {failed}")

    def _failed(self, source: str) -> str:
        """What came of code that fails; empty where it runs."""
        before = len(self._kernel.accepted)
        outcome = self._kernel.run(source).outcome
        self._kernel.back(before)
        if outcome.status is CellStatus.OK:
            return ""
        return f"{outcome.error or outcome.status.value}: {outcome.message or ''}"[:LONGEST]


def telling(example: str) -> str:
    """An assertion that two things are the same, so that it says what the first one is."""
    *before, last = ast.parse(example).body
    test = last.test if isinstance(last, ast.Assert) and not before else None
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return example
    return f"assert {ast.unparse(test)}, 'it is ' + repr({ast.unparse(test.left)})[:{LONGEST}]"
