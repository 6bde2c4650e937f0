"""How long runs are likely to take, by what stored ones took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes import make_plan

from harness.batch.estimate import expected
from harness.batch.matrix import Planned
from harness.project import stages
from harness.records import RunSummary
from harness.runs.remaining import Remaining

OURS, OTHER = "0" * 64, "2" * 64  # the first is what made-up plans have
SIZE = 4_000_000_000


@pytest.fixture
def to_do(project: Path, two_steps: Path) -> Planned:
    plan = make_plan(project, stages.load(project, "tiny"))
    model = plan.model.model_copy(update={"kind": "gguf", "size": SIZE})
    nothing: Any = None
    return Planned(nothing, plan.model_copy(update={"model": model}), {}, Remaining.WRITE, 0, None)


def past(tokens: int, writing: float, executing: float = 10.0, **changes: Any) -> RunSummary:
    made: dict[str, Any] = {
        "run_id": "r",
        "line_id": "l",
        "created": "2026-01-01T00:00:00Z",
        "updated": "2026-01-01T00:00:00Z",
        "model": "m",
        "model_sha256": OURS,
        "model_bytes": SIZE,
        "dataset_sha256": "1" * 64,
        "stage": "tiny",
        "stage_sha256": "3" * 64,
        "dataset": "d",
        "synthetic": True,
        "context": "schema",
        "seed": 1,
        "outcome": "raw",
        "cells_ok": 1,
        "cells": 1,
        "completion_tokens": tokens,
        "generation_seconds": writing,
        "own_seconds": writing,
        "seconds": writing + executing,
        "path": Path("r"),
    }
    return RunSummary.model_validate(made | changes)


def only(one: Planned, *runs: RunSummary) -> float | None:
    return expected([one], runs).get(one.plan.run_id)


def test_without_runs_of_the_stage_nothing_is_told(to_do: Planned) -> None:
    assert only(to_do) is None
    assert only(to_do, past(100, 50, stage="other"), past(9, 1, outcome="incomplete")) is None


def test_waiting_for_others_is_not_counted(to_do: Planned) -> None:
    assert only(to_do, past(100, 50)) == pytest.approx(60)
    together = [past(100, 200, own_seconds=50.0), past(300, 600, own_seconds=150.0)]
    assert only(to_do, *together) == pytest.approx(110)
    assert [one.cost for one in together] == [60, 160]


def test_replies_that_are_kept_are_not_written_again(to_do: Planned) -> None:
    begun = to_do._replace(replies=1)
    assert only(begun, past(100, 50)) == pytest.approx(35)
    assert only(begun._replace(replies=2), past(100, 50)) == pytest.approx(10)


def test_a_file_without_runs_is_likened_by_its_size(to_do: Planned) -> None:
    small = past(100, 50, model_sha256=OTHER, model_bytes=SIZE // 4)
    assert only(to_do, small) == pytest.approx(210)
    assert only(to_do, small, past(100, 80)) == pytest.approx(90)  # its own tell better
    assert only(to_do, past(100, 50, model_sha256=OTHER, model_bytes=None)) is None


def test_a_server_is_likened_to_nothing(to_do: Planned) -> None:
    server = to_do.plan.model.model_copy(update={"kind": "server"})
    plan = to_do.plan.model_copy(update={"model": server})
    assert only(to_do._replace(plan=plan), past(100, 50, model_sha256=OTHER)) is None


def test_runs_that_wrote_nothing_are_no_trouble(to_do: Planned) -> None:
    assert only(to_do, past(0, 0)) == pytest.approx(10)


def test_runs_with_the_same_help_tell_most(to_do: Planned) -> None:
    plain, steered = past(100, 50.0), past(100, 300.0, help="steered")
    assert only(to_do, plain, steered) == 60.0
    assert only(to_do, steered) == 310.0  # better than nothing
    blind = past(100, 20.0, context="blind")
    assert only(to_do, plain, steered, blind) == 30.0
