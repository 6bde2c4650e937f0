"""Which verdicts of stored runs are out of date: something they rest on is another one now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from harness import fixes
from harness.errors import HarnessError
from harness.project import datasets, stages
from harness.records import DatasetSpec, Run, RunVersions, StageSpec
from harness.runs.remaining import is_other
from harness.runs.store import versions

T = TypeVar("T")
_Series = tuple[tuple[str, str], ...]  # (id, sha256) of each fix


class _Rules(NamedTuple):
    """What a stage asks of its runs on one dataset now."""

    limits: str
    checks: str | None  # None: its dataset is gone


class Staleness:
    """Tells what became out of date. Each stage and each dataset is read once, when asked for."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._stages = frozenset(stages.names(project))
        self._datasets = frozenset(datasets.names(project))
        self._stage: Callable[[str], StageSpec | None] = cache(self._load_stage)
        self._dataset: Callable[[str], DatasetSpec | None] = cache(self._load_dataset)
        self._table: Callable[[str], str | None] = cache(self._table_digest)
        self._rules: Callable[[str, str], _Rules | None] = cache(self._load_rules)
        self._fixes: Callable[[str, str], _Series | None] = cache(self._load_fixes)

    def reasons(self, made: RunVersions) -> tuple[str, ...]:
        """What is another now than when the run was judged, in words; none where it is current.

        What cannot be read now, such as a stage with a fault in its file, tells nothing.
        """
        found = [
            *self._of_dataset(made),
            *self._of_stage(made),
            *self._of_fixes(made),
        ]
        return tuple(found)

    def of_checks(self, made: RunVersions) -> bool:
        """Whether the checks are others now than those that judged it, or cannot be read."""
        rules = self._rules(made.stage, made.dataset)
        if rules is None or rules.checks is None:
            return True
        now = rules.checks
        return any(is_other(one, now) for one in made.checks_sha256)

    def of_run(self, run: Run) -> tuple[str, ...]:
        """The same for a whole record."""
        return self.reasons(versions(run))

    def _of_dataset(self, made: RunVersions) -> Iterable[str]:
        if made.dataset not in self._datasets:
            yield "the dataset is gone"
            return
        now = self._table(made.dataset)
        if now is not None and now != made.dataset_sha256:
            yield "the dataset changed"

    def _of_stage(self, made: RunVersions) -> Iterable[str]:
        if made.stage not in self._stages:
            yield "the stage is gone"
            return
        rules = self._rules(made.stage, made.dataset)
        if rules is None:
            return
        if any(is_other(one, rules.limits) for one in made.limits_sha256):
            yield "the limits changed"
        if rules.checks is not None and self.of_checks(made):
            yield "the checks changed"

    def _of_fixes(self, made: RunVersions) -> Iterable[str]:
        now = self._fixes(made.stage, made.dataset)
        if made.fixes is None or now is None:
            return
        if now == made.fixes:
            if made.fixes_needed_elsewhere:
                yield "fixes are needed elsewhere"
            return
        gone = [name for name, _ in made.fixes if name not in dict(now)]
        if gone:
            yield f"a fix is gone ({', '.join(gone)})"
        else:
            yield "the fixes changed"

    def _load_stage(self, name: str) -> StageSpec | None:
        return _readable(lambda: stages.load(self._project, name))

    def _load_dataset(self, name: str) -> DatasetSpec | None:
        return _readable(lambda: datasets.load(self._project, name))

    def _table_digest(self, name: str) -> str | None:
        spec = self._dataset(name)
        if spec is None:
            return None
        return _readable(lambda: datasets.visible_digest(self._project, spec))

    def _load_rules(self, stage: str, dataset: str) -> _Rules | None:
        spec, data = self._stage(stage), self._dataset(dataset)
        if spec is None:
            return None
        checks = stages.checks_digest(spec, data) if data is not None else None
        return _Rules(stages.limits_digest(spec), checks)

    def _load_fixes(self, stage: str, dataset: str) -> _Series | None:
        series = _readable(lambda: fixes.series(self._project, stage, dataset))
        return None if series is None else tuple((one.id, one.sha256) for one in series)


def _readable(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except HarnessError:
        return None
