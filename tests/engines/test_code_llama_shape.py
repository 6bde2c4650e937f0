"""What Code Llama's architecture takes: memory as estimated, and a context that memory holds."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Cli, below
from gguf_files import TENSOR_Q4_K, gguf
from llama_files import metadata, tensors, write_llama

from harness import wiring
from harness.errors import EngineError, PromptError
from harness.ports import Engine
from harness.project import model_choice
from harness.records import Completion, Message, ModelIdentity, Sampling
from harness.weights import cache, fit, identities

ASK = [Message(role="user", content="Load it. " * 20)]
SAMPLING = Sampling(temperature=0.8, max_tokens=48)


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


def identity(path: Path, n_ctx: int) -> ModelIdentity:
    spec = model_choice.spec_of_file(path, "llama-2").model_copy(update={"n_ctx": n_ctx})
    return identities.identify(spec, path)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return write_llama(tmp_path / "tiny.gguf")


@pytest.fixture
def opened() -> Iterator[list[Engine]]:
    """Engines to be closed."""
    engines: list[Engine] = []
    yield engines
    for one in engines:
        one.close()


def answer(engine: Engine, sampling: Sampling = SAMPLING) -> Completion:
    return engine.complete(ASK, sampling, [1], lambda _: None)[0]


def room_for(about: ModelIdentity, path: Path, tokens: int) -> int:
    """Bytes that the weights and so many tokens take, and a little more."""
    found = fit.of(about, path, 1 << 60)
    return found.weights + (tokens + 5) * (found.cell + found.scores)


@pytest.mark.parametrize("concurrent", [1, 2])
def test_the_estimate_is_within_a_tenth_of_what_is_taken(
    tmp_path: Path, opened: list[Engine], concurrent: int
) -> None:
    # Heads that share no keys, as in Code Llama: the cache outweighs the weights.
    shape = {"layers": 16, "width": 256}
    path = tmp_path / "wide.gguf"
    path.write_bytes(gguf(metadata(**shape, heads=2), tensors(**shape, kind=TENSOR_Q4_K)))
    about = identity(path, 16_384)
    engine = wiring.engine(about, path, threads=1, concurrent=concurrent)
    opened.append(engine)
    engine.count_tokens(ASK)
    (process,) = below(os.getpid(), "harness.engines.llama.server")
    engine.complete(ASK, Sampling(max_tokens=2), [1, 2], lambda _: None)
    status = Path(f"/proc/{process.pid}/status").read_text()
    taken = 1024 * int(re.findall(r"VmHWM:\s+(\d+)", status)[0])
    estimate = fit.of(about, path).needed(concurrent)
    assert 0.9 < estimate / taken < 1.1


def test_a_context_that_memory_does_not_hold_is_made_smaller_and_the_reply_is_the_same(
    weights: Path, opened: list[Engine]
) -> None:
    about = identity(weights, 16_384)
    whole = wiring.engine(about, weights, threads=1)
    free = room_for(about, weights, 512)
    short = wiring.engine(about, weights, threads=1, free=free)
    opened += [whole, short]
    full, cut = answer(whole), answer(short)
    assert full.notes == ()
    assert cut.notes == ("memory held a context of 512 tokens, not 16,384",)
    assert (cut.text, cut.prompt_tokens) == (full.text, full.prompt_tokens)
    assert cut.completion_tokens == full.completion_tokens > 1


def test_a_conversation_goes_on_from_disk_whatever_context_there_is_memory_for(
    tmp_path: Path, opened: list[Engine]
) -> None:
    path = write_llama(tmp_path / "ends.gguf", ends=True)
    about = identity(path, 16_384)
    sampling = Sampling(temperature=0.8, max_tokens=200)

    def engine(free: int | None) -> Engine:
        opened.append(wiring.engine(about, path, threads=1, free=free))
        return opened[-1]

    first = answer(engine(None), sampling)
    assert first.finish == "stop"
    (state,) = (cache.folder() / "states").rglob("*.state")
    cell = fit.of(about, path, 1 << 60).cell
    read = first.prompt_tokens + first.completion_tokens
    assert read * cell <= state.stat().st_size < read * cell * 1.2 + 10_000
    turns = [*ASK, Message(role="assistant", content=first.text), *ASK]
    replies = [
        engine(free).complete(turns, sampling, [1], lambda _: None)[0]
        for free in (None, room_for(about, path, 1024))
    ]
    assert replies[0].text == replies[1].text
    assert all((one.evaluated or 0) < one.prompt_tokens - len("Load it. " * 8) for one in replies)


def test_a_prompt_that_the_smaller_context_does_not_hold_is_told_why(
    weights: Path, opened: list[Engine]
) -> None:
    about = identity(weights, 16_384)
    engine = wiring.engine(about, weights, threads=1, free=room_for(about, weights, 512))
    opened.append(engine)
    with pytest.raises(PromptError) as caught:
        answer(engine, Sampling(max_tokens=500))
    assert "the context holds 512, for memory is short of 16,384" in str(caught.value)
    assert "Close programs" in caught.value.hint


def test_where_no_context_fits_nothing_is_loaded(weights: Path) -> None:
    about = identity(weights, 16_384)
    with pytest.raises(EngineError, match="are free"):
        wiring.engine(about, weights, free=room_for(about, weights, 100))


def test_the_plan_says_which_context_is_taken(weights: Path) -> None:
    about = identity(weights, 16_384)
    free = room_for(about, weights, 1000)
    found = wiring.capacity([(about, weights)], 4, "local", free=free)
    assert (found.workers, found.concurrent) == (1, 1)
    (notice,) = found.notices
    assert notice.endswith("taking n_ctx = 768")
    assert wiring.capacity([(about, weights)], 4, "local", free=1 << 60).notices == ()


def test_the_terminal_and_the_record_say_so(cli: Cli, two_steps: Path, weights: Path) -> None:
    about = identity(weights, 8192)
    asked = ("generate", "tiny", "--model-file", weights, "--chat-format", "llama-2")
    arguments = (*asked, "--context", "blind", "--max-tokens", "8", "--no-patch", "--json")
    memory = str(room_for(about, weights, 2048))
    made = cli(*arguments, HARNESS_MEMORY=memory)
    assert made.returncode == 0, made.stderr
    assert "taking n_ctx = 2,048" in made.stderr
    run = next((two_steps.parents[1] / "generated").rglob("run.json")).read_text()
    assert "memory held a context of 2,048 tokens, not 8,192" in run
    # The run is the same one where memory is plenty: nothing is written again.
    again = json.loads(cli(*arguments, "--dry-run").stdout)
    assert [one["left"] for one in again] != ["write"]
    assert again[0]["run_id"] in made.stdout
