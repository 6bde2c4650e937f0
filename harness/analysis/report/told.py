"""All that a report tells, from one look at every run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from harness import __version__
from harness.analysis.report import facts, failures, fixed, groups, ladders, overview, templates
from harness.analysis.report.facts import Facts
from harness.analysis.report.groups import Group
from harness.analysis.report.svg import Picture
from harness.errors import HarnessError
from harness.project import ladder, stages
from harness.project.ladder import Rung
from harness.runs.staleness import Staleness
from harness.runs.store import FileStore


class Report:
    """What it tells is made when it is asked for, once."""

    def __init__(self, store: FileStore) -> None:
        self.store = store
        self.name = store.project.resolve().name
        self.facts = facts.every(store)
        staleness = Staleness(store.project)
        self._stale = {one.page: staleness.reasons(one.line) for one in self.facts}

    def stale(self, one: Facts) -> tuple[str, ...]:
        """Why a run's verdicts are out of date; nothing where they are not."""
        return self._stale[one.page]

    def is_stale(self, one: Facts) -> bool:
        """Whether they are."""
        return bool(self.stale(one))

    @cached_property
    def groups(self) -> list[Group]:
        """The runs by model and work."""
        return groups.groups(self.facts, self.is_stale, self._rungs, self._workflow)

    @cached_property
    def lines(self) -> list[overview.Line]:
        """The groups with their figures."""
        return overview.lines(self.groups)

    def line_of(self, group: Group) -> overview.Line:
        """A group with its figures."""
        return self._by_name[group.name]

    @cached_property
    def _by_name(self) -> dict[str, overview.Line]:
        return {one.group.name: one for one in self.lines}

    @cached_property
    def failures(self) -> list[failures.Found]:
        """The cells that failed."""
        return failures.every(self.groups)

    @cached_property
    def fixes(self) -> list[fixed.Tried]:
        """The fixes that were tried."""
        return fixed.every(self.groups)

    @cached_property
    def ladders(self) -> list[ladders.Climbed]:
        """The ladders of models that have one."""
        return ladders.ladders(self.groups, self._rungs)

    @cached_property
    def drawn(self) -> dict[str, list[Picture]]:
        """The plots of each page."""
        return {
            "overview": overview.pictures(self.groups),
            "ladder": ladders.pictures(self.ladders),
            "failures": failures.pictures(self.failures),
            "fixes": fixed.pictures(self.fixes),
        }

    @property
    def pictures(self) -> Iterator[Picture]:
        """All plots."""
        return chain.from_iterable(self.drawn.values())

    @cached_property
    def state(self) -> str:
        """A digest of all runs, and of what else is told of them."""
        every = (f"{one.page} {one.sha256} {self.stale(one)}" for one in self.facts)
        return digest([made_by(), self.name, str(self._rungs), str(self._workflow), *every])

    @cached_property
    def _rungs(self) -> tuple[Rung, ...]:
        try:
            return ladder.load(self.store.project).rungs
        except HarnessError:
            return ()  # its file has a fault, which harness ladder tells

    @cached_property
    def _workflow(self) -> tuple[str, ...]:
        project = self.store.project
        try:
            return tuple(one.name for one in stages.in_order(project, stages.names(project)))
        except HarnessError:
            return ()  # likewise


def made_by() -> str:
    """A digest of what writes reports."""
    return digest([__version__, templates.digest()])


def digest(parts: Iterable[str]) -> str:
    """Of texts, each for itself."""
    made = hashlib.sha256()
    for part in parts:
        made.update(part.encode(errors="replace") + b"\0")
    return made.hexdigest()
