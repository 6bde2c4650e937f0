"""A model is asked: what it sees, how many at a time, and what an interrupt leaves."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import fakes
import pytest
from suites.invented import ds1000_row, write

from harness.errors import EngineError, PromptError
from harness.records import Completion, Progress, Sampling
from harness.suites import asking, reading
from harness.suites.asking import Manner, Question
from harness.suites.problems import Problem
from harness.suites.results import ReplyLine


class Asker(fakes.AnyEngine):
    """An engine that keeps what it is asked; ``fails`` is raised for the prompt that holds it."""

    def __init__(self, fails: dict[str, BaseException] | None = None, together: int = 1) -> None:
        self.asked: list[tuple[str, Sampling, int, int]] = []
        self._fails, self._barrier = fails or {}, threading.Barrier(together)

    def answers(self, asked: fakes.Asked) -> list[Completion]:
        (message,), (seed,) = asked.conversation, asked.seeds
        self._barrier.wait(10)
        self.asked.append((message.content, asked.sampling, seed, len(asked.watchers)))
        for word, error in self._fails.items():
            if word in message.content:
                raise error
        asked.on_progress(Progress(sample=0, text="x", tokens=1, prompt_done=1, prompt_total=1))
        return [fakes.completion(f"result = {seed}", seed)]


@pytest.fixture
def problems(tmp_path: Path) -> tuple[Problem, ...]:
    rows = [ds1000_row(n, prompt=f"number {n} is\n<code>\n") for n in range(4)]
    return reading.read(write(tmp_path / "d.jsonl", *rows)).problems


def ask(
    engine: Asker, problems: Sequence[Problem], manner: Manner, seed: int = 1
) -> list[ReplyLine]:
    found: list[ReplyLine] = []
    asking.ask([Question(one, seed) for one in problems], engine, manner, found.append)
    return sorted(found, key=lambda one: one.problem)


def test_a_completion_is_the_prompt_and_ends_at_the_formats_own_marks(
    problems: tuple[Problem, ...],
) -> None:
    engine = Asker()
    (line,) = ask(engine, problems[:1], Manner("completion", Sampling(stops=("mine",))), seed=5)
    ((content, sampling, seed, _),) = engine.asked
    assert content == "number 0 is\n<code>\n"
    assert sampling.stops[:2] == ("mine", "</code>")
    assert (seed, line.seed, line.reply, line.library) == (5, 5, "result = 5", "Pandas")


def test_a_chat_asks_in_the_formats_own_words(problems: tuple[Problem, ...]) -> None:
    engine = Asker()
    ask(engine, problems[:1], Manner("chat", Sampling()))
    ((content, sampling, _, _),) = engine.asked
    assert content.startswith("Write the Python code")
    assert "number 0 is" in content
    assert sampling.stops == ()


def test_so_many_are_asked_side_by_side(problems: tuple[Problem, ...]) -> None:
    assert len(ask(Asker(together=4), problems, Manner("chat", Sampling(), concurrent=4))) == 4


def test_a_prompt_that_does_not_fit_is_an_outcome(problems: tuple[Problem, ...]) -> None:
    engine = Asker({"number 1": PromptError("the prompt has 9,999 tokens")})
    lines = ask(engine, problems, Manner("chat", Sampling()))
    assert [one.finish for one in lines] == ["stop", asking.TOO_LONG, "stop", "stop"]
    assert lines[1].notes == ("the prompt has 9,999 tokens",)


@pytest.mark.parametrize("error", [EngineError("it died"), KeyboardInterrupt()])
def test_what_was_told_before_a_failure_stays(
    problems: tuple[Problem, ...], error: BaseException
) -> None:
    found: list[ReplyLine] = []
    questions = [Question(one, 1) for one in problems]
    with pytest.raises(type(error)):
        asking.ask(questions, Asker({"number 2": error}), Manner("chat", Sampling()), found.append)
    assert [one.problem for one in found] == ["0", "1"]


def test_an_interrupt_in_the_callers_thread_ends_the_others(problems: tuple[Problem, ...]) -> None:
    def interrupted(line: ReplyLine) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        asking.ask(
            [Question(one, 1) for one in problems], Asker(), Manner("chat", Sampling()), interrupted
        )
    assert threading.active_count() == before


def test_each_problem_has_a_watcher_of_its_own_and_tells_what_it_did(
    problems: tuple[Problem, ...],
) -> None:
    closed: list[str] = []

    class Watching:
        def __init__(self, problem: Problem, seed: int) -> None:
            self.told, self._id = {"back": float(problem.id)}, problem.id

        def look(self, text: str, *, ended: bool) -> None:
            return None

        def close(self) -> None:
            closed.append(self._id)

    engine = Asker()
    lines = ask(engine, problems, Manner("completion", Sampling(), watch=Watching))
    assert [one.helped for one in lines] == [{"back": float(n)} for n in range(4)]
    assert {watchers for *_, watchers in engine.asked} == {1}
    assert closed == [one.id for one in problems]
