"""A model is asked the problems of a suite, several side by side; replies are told one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from harness.errors import PromptError
from harness.ports import Engine, Watcher
from harness.records import Completion, Help, Message, Progress, Sampling
from harness.suites import side_by_side
from harness.suites.problems import Problem, Style
from harness.suites.results import ReplyLine

TOO_LONG = "too long"  # a reply's finish, where the prompt does not fit the context
PATIENCE = 5.0  # seconds for a reply at work to notice that it is of no use any more
OnLine = Callable[[ReplyLine], None]
"""Called in the caller's own thread, as replies are complete."""


class Question(NamedTuple):
    """A problem to be answered with a seed."""

    problem: Problem
    seed: int


class ReplyWatcher(Watcher, Protocol):
    """The watcher of one reply, which is closed where the reply is done with."""

    @property
    def told(self) -> Mapping[str, float]:
        """What it did to the reply: numbers by name."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


class Manner(NamedTuple):
    """How the model is asked. ``watch`` makes the watcher of a problem's reply with a seed."""

    style: Style
    sampling: Sampling
    help: Help = Help()
    watch: Callable[[Problem, int], ReplyWatcher] | None = None
    concurrent: int = 1


def ask(
    questions: Sequence[Question],
    engine: Engine,
    manner: Manner,
    on_line: OnLine,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Ask all, ``concurrent`` at a time, in order.

    A prompt that does not fit the context is an outcome of its own. Raises EngineError; an
    interrupt ends the replies at work, and those that are complete were told.
    """

    def replies(waiting: Iterator[Question], stop: threading.Event) -> Iterator[ReplyLine]:
        def progress(made: Progress) -> None:
            if stop.is_set():
                raise Stopped
            on_progress(made)

        for question in waiting:
            yield _answer(question, engine, manner, progress)

    side_by_side.each(questions, replies, on_line, workers=manner.concurrent, patience=PATIENCE)


class Stopped(BaseException):
    """Others were interrupted, or failed: this reply is of no use any more."""


def conversation(problem: Problem, style: Style) -> tuple[Message, ...]:
    """What the model is sent: the prompt itself, or the question."""
    text = problem.prompt if style == "completion" else problem.question
    return (Message(role="user", content=text),)


def _answer(
    question: Question, engine: Engine, manner: Manner, on_progress: Callable[[Progress], None]
) -> ReplyLine:
    problem, seed = question
    sampling = manner.sampling
    if manner.style == "completion":
        stops = (*sampling.stops, *problem.stops)
        sampling = sampling.model_copy(update={"stops": tuple(dict.fromkeys(stops))})
    watchers = [] if manner.watch is None else [manner.watch(problem, seed)]
    try:
        (made,) = engine.complete(
            conversation(problem, manner.style), sampling, [seed], on_progress, watchers=watchers
        )
        return _line(problem, made, watchers)
    except PromptError as error:
        return ReplyLine(
            problem=problem.id,
            library=problem.library,
            seed=seed,
            reply="",
            finish=TOO_LONG,
            notes=(error.message,),
        )
    finally:
        for watcher in watchers:
            watcher.close()


def _line(problem: Problem, made: Completion, watchers: Sequence[ReplyWatcher]) -> ReplyLine:
    return ReplyLine(
        problem=problem.id,
        library=problem.library,
        seed=made.seed,
        reply=made.text,
        finish=made.finish,
        prompt_tokens=made.prompt_tokens,
        tokens=made.completion_tokens,
        seconds=made.own,
        helped={name: value for one in watchers for name, value in one.told.items()},
        notes=made.notes,
    )
