"""Whose turn it is: the same order whatever the clock says, and nobody waits for ever."""

from __future__ import annotations

import time

from harness.engines.llama.messages import BeginConversation, Generate
from harness.engines.llama.reporting import Clock
from harness.engines.llama.scheduler import (
    GATHER_SECONDS,
    PATIENCE_SECONDS,
    THINK_SECONDS,
    Scheduler,
)
from harness.records import Message, Sampling


def begin(scheduler: Scheduler, *orders: int, group_size: int, now: float = 0.0) -> None:
    for order in orders:
        scheduler.begin(
            BeginConversation(conversation=10 + order, order=order, group_size=group_size), now
        )


def ask(scheduler: Scheduler, order: int) -> None:
    hello = (Message(role="user", content="hi"),)
    scheduler.submit(
        Generate(seeds={order: 1}, conversation=10 + order, turns=hello, sampling=Sampling())
    )


def ready(scheduler: Scheduler, now: float = 0.0) -> list[int]:
    return [request for one in scheduler.ready(now) for request in one.seeds]


def test_nobody_begins_before_all_have_come() -> None:
    scheduler = Scheduler(4)
    begin(scheduler, 2, 0, group_size=3)
    ask(scheduler, 2)
    assert ready(scheduler) == []
    assert scheduler.awaits(0)
    begin(scheduler, 1, group_size=3)
    ask(scheduler, 0)
    ask(scheduler, 1)
    assert ready(scheduler) == [0, 1, 2]
    assert not scheduler.awaits(0)


def test_those_that_never_come_are_waited_for_a_while_only() -> None:
    scheduler = Scheduler(4)
    begin(scheduler, 0, group_size=3)
    ask(scheduler, 0)
    assert ready(scheduler, GATHER_SECONDS + 0.1) == [0]
    assert not scheduler.awaits(GATHER_SECONDS + 0.1)


def test_one_that_was_answered_is_given_a_moment() -> None:
    scheduler = Scheduler(2)
    begin(scheduler, 0, group_size=1)
    ask(scheduler, 0)
    assert ready(scheduler) == [0]
    scheduler.replied(10, now=1.0)
    assert scheduler.awaits(1.0)
    assert not scheduler.awaits(1.0 + THINK_SECONDS)
    ask(scheduler, 0)
    assert ready(scheduler, 1.5) == [0]
    assert not scheduler.awaits(1.5)


def test_the_turn_of_one_that_rests_is_the_next_ones() -> None:
    scheduler = Scheduler(2)
    begin(scheduler, 0, 1, 2, group_size=2)
    for order in (0, 1, 2):
        ask(scheduler, order)
    assert ready(scheduler, GATHER_SECONDS + 1) == [0, 1]
    scheduler.end(10)
    assert ready(scheduler, GATHER_SECONDS + 1) == [2]


def test_requests_outside_a_conversation_are_served_as_they_come() -> None:
    scheduler = Scheduler(1)
    begin(scheduler, 0, group_size=2)
    ask(scheduler, 7)
    assert ready(scheduler) == [7]


def test_whoever_goes_to_sleep_is_woken_for_those_who_wait() -> None:
    scheduler = Scheduler(concurrent=2)
    begin(scheduler, 0, group_size=2)
    ask(scheduler, 0)
    late = GATHER_SECONDS + 1
    assert scheduler.awaits(late)  # until somebody was served, even when the time is over
    assert [one.conversation for one in scheduler.ready(late)] == [10]
    assert not scheduler.awaits(late + GATHER_SECONDS)


def test_one_that_comes_alone_keeps_nobody_waiting() -> None:
    scheduler = Scheduler(concurrent=2)
    begin(scheduler, 0, group_size=1)
    ask(scheduler, 0)
    assert [one.conversation for one in scheduler.ready(0.0)] == [10]
    begin(scheduler, 1, group_size=1)
    assert not list(scheduler.ready(0.0))
    ask(scheduler, 1)
    assert [one.conversation for one in scheduler.ready(0.0)] == [11]


def test_one_whose_cells_run_before_it_asks_again_is_waited_for() -> None:
    scheduler = Scheduler(1)
    hello = BeginConversation(conversation=10, order=0, group_size=1, patient=True)
    scheduler.begin(hello, 0.0)
    ask(scheduler, 0)
    assert ready(scheduler) == [0]
    scheduler.replied(10, now=1.0)
    assert scheduler.awaits(1.0 + 100 * THINK_SECONDS)
    assert not scheduler.awaits(2.0 + PATIENCE_SECONDS)
    scheduler.end(10)
    assert not scheduler.awaits(1.0)


def test_a_clock_that_is_stopped_loses_the_time_in_between() -> None:
    clock = Clock()
    clock.run(on=False)
    stopped = clock.now()
    time.sleep(0.05)
    clock.run(on=False)
    assert clock.now() == stopped
    clock.run(on=True)
    clock.run(on=True)
    assert 0 <= clock.now() - stopped < time.monotonic() - stopped - 0.04
