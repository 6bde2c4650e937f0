"""Whose turn it is: the same order whatever the clock says, and nobody waits for ever."""

from __future__ import annotations

from harness.engines.llama.messages import Ask, Open
from harness.engines.llama.turns import GATHER_SECONDS, THINK_SECONDS, Turns
from harness.records import Message, Sampling


def opened(turns: Turns, *orders: int, among: int, now: float = 0.0) -> None:
    for order in orders:
        turns.open(Open(conversation=10 + order, order=order, among=among), now)


def ask(turns: Turns, order: int) -> None:
    hello = (Message(role="user", content="hi"),)
    turns.ask(Ask(seeds={order: 1}, conversation=10 + order, turns=hello, sampling=Sampling()))


def ready(turns: Turns, now: float = 0.0) -> list[int]:
    return [request for one in turns.ready(now) for request in one.seeds]


def test_nobody_begins_before_all_have_come() -> None:
    turns = Turns(4)
    opened(turns, 2, 0, among=3)
    ask(turns, 2)
    assert ready(turns) == []
    assert turns.awaited(0)
    opened(turns, 1, among=3)
    ask(turns, 0)
    ask(turns, 1)
    assert ready(turns) == [0, 1, 2]
    assert not turns.awaited(0)


def test_those_that_never_come_are_waited_for_a_while_only() -> None:
    turns = Turns(4)
    opened(turns, 0, among=3)
    ask(turns, 0)
    assert ready(turns, GATHER_SECONDS + 0.1) == [0]
    assert not turns.awaited(GATHER_SECONDS + 0.1)


def test_one_that_was_answered_is_given_a_moment() -> None:
    turns = Turns(2)
    opened(turns, 0, among=1)
    ask(turns, 0)
    assert ready(turns) == [0]
    turns.answered(10, now=1.0)
    assert turns.awaited(1.0)
    assert not turns.awaited(1.0 + THINK_SECONDS)
    ask(turns, 0)
    assert ready(turns, 1.5) == [0]
    assert not turns.awaited(1.5)


def test_the_turn_of_one_that_rests_is_the_next_ones() -> None:
    turns = Turns(2)
    opened(turns, 0, 1, 2, among=2)
    for order in (0, 1, 2):
        ask(turns, order)
    assert ready(turns, GATHER_SECONDS + 1) == [0, 1]
    turns.rest(10)
    assert ready(turns, GATHER_SECONDS + 1) == [2]


def test_requests_outside_a_conversation_are_served_as_they_come() -> None:
    turns = Turns(1)
    opened(turns, 0, among=2)
    ask(turns, 7)
    assert ready(turns) == [7]


def test_whoever_goes_to_sleep_is_woken_for_those_who_wait() -> None:
    turns = Turns(concurrent=2)
    opened(turns, 0, among=2)
    ask(turns, 0)
    late = GATHER_SECONDS + 1
    assert turns.awaited(late)  # until somebody was served, even when the time is over
    assert [one.conversation for one in turns.ready(late)] == [10]
    assert not turns.awaited(late + GATHER_SECONDS)


def test_one_that_comes_alone_keeps_nobody_waiting() -> None:
    turns = Turns(concurrent=2)
    opened(turns, 0, among=1)
    ask(turns, 0)
    assert [one.conversation for one in turns.ready(0.0)] == [10]
    opened(turns, 1, among=1)
    assert not list(turns.ready(0.0))
    ask(turns, 1)
    assert [one.conversation for one in turns.ready(0.0)] == [11]
