"""Sets up where a run's notebooks are executed: its table, what it needs, its checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness import checks
from harness.checks import CheckEnvironment, Evidence
from harness.ports import Executor, Reporter
from harness.project.datasets import Dataset
from harness.records import CheckResult, StageSpec
from harness.runs.execution import NotebookEnvironment


def notebook_environment(
    stage: StageSpec,
    data: Dataset,
    needs: Mapping[str, Path],
    executor: Executor,
    fresh: Callable[[str], Path],
    reporter: Reporter,
) -> NotebookEnvironment:
    """``fresh`` makes an empty folder of the name that it is given."""
    evidence = Evidence(
        visible=data.table.visible,
        held=data.table.held,
        rows=data.profile.rows,
        target=data.spec.target,
        positive=data.spec.positive,
    )
    room = CheckEnvironment(executor, lambda: fresh("check"), stage.limits)

    def check(made: Mapping[str, bytes]) -> tuple[CheckResult, ...]:
        blobs = {**{name: path.read_bytes() for name, path in needs.items()}, **made}
        found = [checks.run(one, blobs, evidence, room) for one in stage.checks]
        return tuple(result for results in found for result in results)

    return NotebookEnvironment(
        executor=executor,
        fresh=lambda: fresh("work"),
        inputs={data.spec.file: data.table.visible, **needs},
        stage=stage,
        check=check,
        prepare_check=room.prepare if stage.checks else _nothing,
        reporter=reporter,
    )


def _nothing() -> None:
    pass
