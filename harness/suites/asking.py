"""A model is asked the problems of a suite, several side by side; replies are told one by one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from harness.errors import PromptError
from harness.ports import Engine, Watcher
from harness.records import Completion, Help, Message, Progress, Sampling
from harness.runs import candidates
from harness.suites import side_by_side
from harness.suites.probing import Prober
from harness.suites.problems import Problem, Style
from harness.suites.results import ReplyLine
from harness.suites.versions import Version, version

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
    """How the model is asked.

    ``watch`` makes the watcher of a problem's reply with a seed. ``prober`` and ``code``, the
    program that a reply means, are needed where the help has several versions.
    """

    style: Style
    sampling: Sampling
    help: Help = Help()
    watch: Callable[[Problem, int], ReplyWatcher] | None = None
    concurrent: int = 1
    prober: Prober | None = None
    code: Callable[[Problem, str], str] = lambda _, reply: reply


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
    try:
        if manner.help.candidates > 1 and manner.prober is not None:
            return _best(question, engine, manner, on_progress, manner.prober)
        (made,), told = _written(question, engine, manner, on_progress, [question.seed])
        return _line(question.problem, made, told)
    except PromptError as error:
        return ReplyLine(
            problem=question.problem.id,
            library=question.problem.library,
            seed=question.seed,
            reply="",
            finish=TOO_LONG,
            notes=(error.message,),
        )


def _best(
    question: Question,
    engine: Engine,
    manner: Manner,
    on_progress: Callable[[Progress], None],
    prober: Prober,
) -> ReplyLine:
    """Versions written at once; steered ones one after another, up to one that surely is good.

    The first one's reply stands in the line. Which one counts is found out where it is judged.
    """
    problem = question.problem
    first, *others = candidates.seeds(question.seed, manner.help.candidates)
    groups = [[first], others] if manner.watch is None else [[first], *([one] for one in others)]
    made: list[Completion] = []
    found: list[Version] = []
    told: Counter[str] = Counter()
    for seeds in groups:
        warm = manner if first in seeds else manner._replace(sampling=warmer(manner.sampling))
        written, helped = _written(question, engine, warm, on_progress, seeds)
        told.update(helped)
        made += written
        found += [
            version(one, lambda reply: prober.probe(problem, manner.code(problem, reply)))
            for one in written
        ]
        if any(one.is_surely_good for one in found):
            break
    line = _line(problem, made[0], {**told, "versions": len(found)})
    return line.model_copy(
        update={
            "tokens": sum(one.tokens for one in found),
            "seconds": sum(one.own for one in made),
            "versions": tuple(found),
        }
    )


def warmer(sampling: Sampling) -> Sampling:
    """That of versions but the first."""
    warm = max(candidates.WARM, sampling.temperature)
    return sampling.model_copy(update={"temperature": warm})


def _written(
    question: Question,
    engine: Engine,
    manner: Manner,
    on_progress: Callable[[Progress], None],
    seeds: Sequence[int],
) -> tuple[Sequence[Completion], Mapping[str, float]]:
    """Replies with these seeds, and what watchers did to them."""
    problem, sampling = question.problem, manner.sampling
    if manner.style == "completion":
        stops = (*sampling.stops, *problem.stops)
        sampling = sampling.model_copy(update={"stops": tuple(dict.fromkeys(stops))})
    watchers = [] if manner.watch is None else [manner.watch(problem, seed) for seed in seeds]
    turns = conversation(problem, manner.style)
    try:
        made = engine.complete(turns, sampling, seeds, on_progress, watchers=watchers)
        return made, {name: value for one in watchers for name, value in one.told.items()}
    finally:
        for watcher in watchers:
            watcher.close()


def _line(problem: Problem, made: Completion, helped: Mapping[str, float]) -> ReplyLine:
    return ReplyLine(
        problem=problem.id,
        library=problem.library,
        seed=made.seed,
        reply=made.text,
        finish=made.finish,
        prompt_tokens=made.prompt_tokens,
        tokens=made.completion_tokens,
        seconds=made.own,
        helped=dict(helped),
        notes=made.notes,
    )
