"""How much of a batch is done, for its bar and the time left."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from fakes import make_plan
from rich.console import Console

from harness.batch.matrix import Planned
from harness.batch.outcomes import BatchEvent, Ended
from harness.batch.worker import ReporterCall
from harness.cli.batch_live import BatchLive
from harness.project import stages
from harness.runs.remaining import Remaining


def planned(project: Path, seed: int, replies: int = 0) -> Planned:
    plan = make_plan(project, stages.load(project, "tiny"), seed=seed)
    model: Any = None
    return Planned(model, plan, {}, Remaining.WRITE, replies, None)


def step(one: Planned, number: int) -> BatchEvent:
    arguments = {"number": number, "total": 2, "name": "s"}
    return BatchEvent(0, one, call=ReporterCall(method="step", arguments=arguments))


def executing(one: Planned) -> BatchEvent:
    return BatchEvent(0, one, call=ReporterCall(method="executing", arguments={"form": "raw"}))


def test_a_run_counts_by_the_steps_that_are_left_of_it(project: Path, two_steps: Path) -> None:
    fresh, kept = planned(project, 1), planned(project, 2, replies=1)
    live = BatchLive([fresh, kept], {}, workers=1)
    shares = []
    for event in (
        step(fresh, 1),
        step(fresh, 2),
        executing(fresh),
        BatchEvent(0, fresh, ended=Ended(fresh, None)),
    ):
        live.see(event)
        shares.append(live._share())
    assert shares == pytest.approx([0, 1 / 6, 2 / 6, 1 / 2])
    shares = []
    for event in (
        step(kept, 1),
        step(kept, 2),
        executing(kept),
        BatchEvent(0, kept, ended=Ended(kept, None)),
    ):
        live.see(event)
        shares.append(live._share())
    assert shares == pytest.approx([1 / 2, 1 / 2, 3 / 4, 1])


def test_a_long_run_weighs_more(project: Path, two_steps: Path) -> None:
    long, short = planned(project, 1), planned(project, 2)
    live = BatchLive([long, short], {long.plan.run_id: 30.0, short.plan.run_id: 10.0}, workers=1)
    live.see(BatchEvent(0, long, ended=Ended(long, None)))
    assert live._share() == pytest.approx(0.75)


def test_a_run_that_is_written_waits_with_its_share(project: Path, two_steps: Path) -> None:
    one, other = planned(project, 1), planned(project, 2)
    live = BatchLive([one, other], {}, workers=2)
    replied = ReporterCall(method="replied", arguments={})
    for event in (step(one, 1), BatchEvent(0, one, call=replied), step(one, 2)):
        live.see(event)
    live.see(BatchEvent(0, one, call=replied))
    live.see(BatchEvent(0, one, written=True))
    assert live._share() == pytest.approx(2 / 6)
    assert "1 of 2 written" in text(live)
    later = one._replace(left=Remaining.EXECUTE, replies=2)
    live.see(executing(later))
    assert live._share() == pytest.approx(2 / 6)
    assert "0 of 2 runs" in text(live)
    live.see(BatchEvent(0, later, ended=Ended(later, None)))
    assert live._share() == pytest.approx(1 / 2)
    assert "1 of 2 runs" in text(live)


def text(live: BatchLive) -> str:
    console = Console(width=100, file=io.StringIO())
    console.print(live._shown())
    return console.file.getvalue()  # type: ignore[attr-defined]
