"""A model is asked the problems of a suite, several side by side; replies are told one by one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from harness.errors import PromptError
from harness.ports import Engine, Watcher
from harness.records import Completion, Help, Message, Progress, Sampling
from harness.suites.problems import Problem, Style
from harness.suites.results import ReplyLine

TOO_LONG = "too long"  # a reply's finish, where the prompt does not fit the context
OnLine = Callable[[ReplyLine], None]
"""Called in the caller's own thread, as replies are complete."""


class Question(NamedTuple):
    """A problem to be answered with a seed."""

    problem: Problem
    seed: int


class Manner(NamedTuple):
    """How the model is asked. ``watch`` makes the watcher of a problem, which is then its owner's.

    What a watcher has to tell of a reply is in its ``told``, if it has one: numbers by name; its
    ``close``, if it has one, is called where the reply is done with.
    """

    style: Style
    sampling: Sampling
    help: Help = Help()
    watch: Callable[[Problem, int], Watcher] | None = None
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
    waiting: queue.SimpleQueue[Question] = queue.SimpleQueue()
    for question in questions:
        waiting.put(question)
    done: queue.SimpleQueue[ReplyLine | BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()

    def progress(made: Progress) -> None:
        if stop.is_set():
            raise Stopped
        on_progress(made)

    def work() -> None:
        try:
            while not stop.is_set():
                done.put(_answer(waiting.get_nowait(), engine, manner, progress))
        except queue.Empty:
            done.put(None)
        except BaseException as error:
            done.put(error)

    workers = min(manner.concurrent, len(questions))
    threads = [threading.Thread(target=work, name=f"asks {n}", daemon=True) for n in range(workers)]
    for thread in threads:
        thread.start()
    try:
        _listen(done, workers, on_line)
    finally:
        stop.set()
        for thread in threads:
            thread.join(5.0)


class Stopped(BaseException):
    """Others were interrupted, or failed: this reply is of no use any more."""


def _listen(
    done: queue.SimpleQueue[ReplyLine | BaseException | None], workers: int, on_line: OnLine
) -> None:
    while workers:
        found = done.get()
        if isinstance(found, BaseException):
            raise found
        if found is None:
            workers -= 1
        else:
            on_line(found)


def conversation(problem: Problem, style: Style) -> tuple[Message, ...]:
    """What the model is sent: the prompt itself, or the question."""
    text = problem.prompt if style == "completion" else problem.question
    return (Message(role="user", content=text),)


def _answer(
    question: Question, engine: Engine, manner: Manner, on_progress: Callable[[Progress], None]
) -> ReplyLine:
    problem, seed = question
    sampling, watchers = manner.sampling, list[Watcher]()
    if manner.style == "completion":
        stops = (*sampling.stops, *problem.stops)
        sampling = sampling.model_copy(update={"stops": tuple(dict.fromkeys(stops))})
    if manner.watch is not None:
        watchers = [manner.watch(problem, seed)]
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
            if hasattr(watcher, "close"):
                watcher.close()


def _line(problem: Problem, made: Completion, watchers: Iterable[Watcher]) -> ReplyLine:
    told = [getattr(watcher, "told", None) for watcher in watchers]
    return ReplyLine(
        problem=problem.id,
        library=problem.library,
        seed=made.seed,
        reply=made.text,
        finish=made.finish,
        prompt_tokens=made.prompt_tokens,
        tokens=made.completion_tokens,
        seconds=made.own,
        helped={name: value for one in told if one for name, value in one.items()},
        notes=made.notes,
    )
