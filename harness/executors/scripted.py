"""An executor that answers from a list: no kernel, for tests of what surrounds one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.executors.sandbox import NONE
from harness.records import CellOutcome, CellStatus, Limits, Workspace

Updates = Mapping[int, tuple[dict[str, Any], ...]]


class ScriptedExecutor:
    """Its sessions return the outcome given for a cell's source, and ``ok`` for any other.

    ``updates`` are what running a cell changes in what earlier ones show, by its source.
    """

    sandbox = NONE

    def __init__(
        self,
        outcomes: Mapping[str, CellOutcome] | None = None,
        updates: Mapping[str, Updates] | None = None,
    ) -> None:
        self._outcomes, self._updates = dict(outcomes or {}), dict(updates or {})

    def start(self, workspace: Workspace, limits: Limits) -> ScriptedSession:
        """A session that runs nothing."""
        return ScriptedSession(self._outcomes, self._updates)

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """Nothing: its sessions start at once."""

    def close(self) -> None:
        """Nothing to end."""


class ScriptedSession:
    """See ScriptedExecutor."""

    def __init__(
        self, outcomes: Mapping[str, CellOutcome], updates: Mapping[str, Updates] | None = None
    ) -> None:
        self._outcomes, self._updates = outcomes, updates or {}
        self._updated: dict[int, tuple[dict[str, Any], ...]] = {}

    def run(self, source: str) -> CellOutcome:
        """The outcome given for ``source``."""
        self._updated |= self._updates.get(source, {})
        return self._outcomes.get(source, CellOutcome(status=CellStatus.OK))

    def updated(self) -> Updates:
        """The updates given for what ran since the last call."""
        updated, self._updated = self._updated, {}
        return updated

    def ask(self, program: str, question: object, seconds: float) -> object | None:
        """Nothing: there is no kernel that could answer."""

    def close(self) -> None:
        """Nothing to end."""
