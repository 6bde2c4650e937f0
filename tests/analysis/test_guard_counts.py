"""Counts of guards, over the replies of a run and over the runs of a ladder."""

from __future__ import annotations

from ladders import RUNGS, sample

from harness.analysis import guards
from harness.analysis.ladder import climb, page
from harness.records import GuardCount


def count(guard: str, asked: int, fired: int = 0, false: int = 0) -> GuardCount:
    return GuardCount(guard=guard, asked=asked, fired=fired, false_alarms=false)


def test_counts_are_added_by_guard() -> None:
    found = guards.added([count("names", 10, 2), count("columns", 10), count("names", 5, 1, 1)])
    assert found == (count("columns", 10), count("names", 15, 3, 1))


def test_a_ladder_tells_of_guards_that_fired() -> None:
    steered = [
        sample("live-steer", seed, guards=[count("names", 50, 2, 1), count("files", 50)])
        for seed in (1, 2)
    ]
    found = climb("m", RUNGS, [*steered, sample("blind")])
    assert found.asked == 100
    assert list(page.guard_rows(found)) == [("names", "4", "2", "2.00%")]
    told = page.body(found)
    assert "## Guards, in 2 steered runs" in told
    assert "| names | 4 | 2 | 2.00% |" in told
    assert "files |" not in told


def test_a_ladder_without_steering_tells_of_none() -> None:
    assert "Guards" not in page.body(climb("m", RUNGS, [sample("blind")]))
