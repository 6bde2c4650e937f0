"""An executor that answers from a list: no kernel, for tests of what surrounds one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.executors.sandbox import NONE
from harness.records import CellOutcome, CellStatus, Limits, Workspace

Answer = Callable[[str, object], object | None]
"""What a program answers to a question."""
Updates = Mapping[int, tuple[dict[str, Any], ...]]


class ScriptedExecutor:
    """Its sessions return the outcome given for a cell's source, and ``ok`` for any other.

    ``updates`` are what running a cell changes in what earlier ones show, by its source; ``answer``
    takes the place of programs. ``ran`` are the cells of all sessions, in order.
    """

    sandbox = NONE

    def __init__(
        self,
        outcomes: Mapping[str, CellOutcome] | None = None,
        updates: Mapping[str, Updates] | None = None,
        answer: Answer | None = None,
    ) -> None:
        self._outcomes, self._updates = dict(outcomes or {}), dict(updates or {})
        self._answer = answer
        self.ran: list[str] = []

    def start(self, workspace: Workspace, limits: Limits) -> ScriptedSession:
        """A session that runs nothing."""
        session = ScriptedSession(self._outcomes, self._updates, self._answer)
        session.ran = self.ran
        return session

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """Nothing: its sessions start at once."""

    def close(self) -> None:
        """Nothing to end."""


class ScriptedSession:
    """See ScriptedExecutor."""

    def __init__(
        self,
        outcomes: Mapping[str, CellOutcome],
        updates: Mapping[str, Updates] | None = None,
        answer: Answer | None = None,
    ) -> None:
        self._outcomes, self._updates, self._answer = outcomes, updates or {}, answer
        self.ran: list[str] = []
        self._updated: dict[int, tuple[dict[str, Any], ...]] = {}

    def run(self, source: str) -> CellOutcome:
        """The outcome given for ``source``."""
        self.ran.append(source)
        self._updated |= self._updates.get(source, {})
        return self._outcomes.get(source, CellOutcome(status=CellStatus.OK))

    def updated(self) -> Updates:
        """The updates given for what ran since the last call."""
        updated, self._updated = self._updated, {}
        return updated

    def ask(self, program: str, question: object, seconds: float) -> object | None:
        """What was given to answer, and else nothing: there is no kernel."""
        return self._answer(program, question) if self._answer else None

    def close(self) -> None:
        """Nothing to end."""
