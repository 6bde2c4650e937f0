"""An executor that answers from a list: no kernel, for tests of what surrounds one."""

from __future__ import annotations

from collections.abc import Mapping

from harness.executors.sandbox import NONE
from harness.records import CellOutcome, CellStatus, Limits, Workspace


class ScriptedExecutor:
    """Its sessions return the outcome given for a cell's source, and ``ok`` for any other."""

    sandbox = NONE

    def __init__(self, outcomes: Mapping[str, CellOutcome] | None = None) -> None:
        self._outcomes = dict(outcomes or {})

    def start(self, workspace: Workspace, limits: Limits) -> ScriptedSession:
        """A session that runs nothing."""
        return ScriptedSession(self._outcomes)

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """Nothing: its sessions start at once."""

    def close(self) -> None:
        """Nothing to end."""


class ScriptedSession:
    """See ScriptedExecutor."""

    def __init__(self, outcomes: Mapping[str, CellOutcome]) -> None:
        self._outcomes = outcomes

    def run(self, source: str) -> CellOutcome:
        """The outcome given for ``source``."""
        return self._outcomes.get(source, CellOutcome(status=CellStatus.OK))

    def close(self) -> None:
        """Nothing to end."""
