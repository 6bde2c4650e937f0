"""What fits into memory, with numbers, before anything is loaded."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
from gguf_files import METADATA, TENSOR_F32, TENSOR_Q4_K, Tensor, gguf

from harness.engines.llama.bindings import N_UBATCH
from harness.errors import EngineError, HarnessError
from harness.records import ModelIdentity
from harness.weights import fit
from harness.weights.gguf import read_header

# The tiny file: 2 layers, 2 of 4 heads for keys, 32 / 4 numbers each.
NUMBERS = 2 * 2 * 2 * 8
SCORES = 4 * 4 * N_UBATCH  # bytes per token: 4 heads, of as many rows as are read together


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "tiny.gguf"
    made.write_bytes(gguf())
    return made


def identity(path: Path, n_ctx: int = 8192, **more: str) -> ModelIdentity:
    about = {"name": "m", "kind": "gguf", "sha256": "0" * 64, "file": path.name, "n_ctx": n_ctx}
    return ModelIdentity(size=path.stat().st_size, **about, **more)


@pytest.mark.parametrize(
    ("cache_type", "size"),
    [("f32", NUMBERS * 4), ("f16", NUMBERS * 2), ("q8_0", NUMBERS * 34 // 32)],
)
def test_a_token_takes_a_key_and_a_value_per_layer_and_head(
    path: Path, cache_type: str, size: int
) -> None:
    assert fit.cell_bytes(read_header(path), cache_type) == size


def test_the_length_of_a_key_may_be_said(tmp_path: Path) -> None:
    path = tmp_path / "long.gguf"
    path.write_bytes(gguf({**METADATA, "llama.attention.key_length": 64}))
    assert fit.cell_bytes(read_header(path), "f16") == NUMBERS * 8 * 2


def test_as_many_side_by_side_as_fit_and_one_at_least(path: Path) -> None:
    cell = NUMBERS * 2
    base = fit.of(identity(path), path).needed(0)
    free = base + fit.KERNEL_BYTES + 3 * 8192 * cell
    assert fit.of(identity(path), path, free).concurrent(8) == 3
    assert fit.of(identity(path), path, free).concurrent(2) == 2
    assert fit.of(identity(path), path, base + 8192 * cell).concurrent(8) == 1


EACH = NUMBERS * 2 + SCORES  # bytes of a token


@pytest.mark.parametrize(
    ("room", "tokens"),
    [
        (1_000 * EACH, 768),  # whole steps
        (fit.KERNEL_BYTES, 4096),  # rather a modest context than room for a notebook beside it
        (fit.KERNEL_BYTES + 6_000 * EACH, 5888),  # a larger one only beside a notebook
    ],
)
def test_the_context_is_what_memory_holds(path: Path, room: int, tokens: int) -> None:
    asked = identity(path, n_ctx=1 << 30)
    base = fit.of(asked, path, 1 << 60).weights
    found = fit.of(asked, path, base + room)
    assert (found.n_ctx, found.asked) == (tokens, 1 << 30)
    assert found.needed(1) <= base + room
    said = fit.notice("m", found)
    assert said is not None
    assert said.startswith("m would need 2")
    assert "for 1,073,741,824 tokens" in said
    assert said.endswith(f"taking n_ctx = {tokens:,}")


def test_a_context_that_fits_is_taken_as_it_is(path: Path) -> None:
    base = fit.of(identity(path), path, 1 << 60)
    found = fit.of(identity(path), path, base.needed(1))
    assert found.n_ctx == found.asked == 8192
    assert fit.notice("m", found) is None
    assert fit.of(identity(path), path, base.needed(1) - 1).n_ctx < 8192


def test_a_context_is_not_made_smaller_where_that_changes_replies(tmp_path: Path) -> None:
    # Models that were stretched turn positions otherwise above and below their first length.
    path = tmp_path / "stretched.gguf"
    key = "llama.rope.scaling.original_context_length"
    path.write_bytes(gguf({**METADATA, key: 4096}))
    base = fit.of(identity(path), path, 1 << 60).weights
    with pytest.raises(EngineError, match=r"n_ctx = 768 .* would fit, and may change"):
        fit.of(identity(path), path, base + 1_000 * EACH)
    assert fit.of(identity(path, n_ctx=2048), path, base + 1_000 * EACH).n_ctx == 768


def test_what_is_kept_twice_depends_on_the_processor(tmp_path: Path) -> None:
    path = tmp_path / "quantized.gguf"
    path.write_bytes(
        gguf(
            tensors=[
                Tensor("token_embd.weight", (256, 80), TENSOR_Q4_K),
                Tensor("output.weight", (256, 800), TENSOR_Q4_K),
                Tensor("blk.0.attn_q.weight", (256, 4000), TENSOR_F32),
            ]
        )
    )
    header = read_header(path)
    assert header.matrices == {TENSOR_Q4_K: 800 * 144, TENSOR_F32: 256 * 4000 * 4}
    rest = fit.PROCESS_BYTES + 4 * 128 * (4 + 6 * 32)
    twice = 800 * 144 if platform.machine() in ("x86_64", "aarch64") else 0
    assert fit.weights_bytes(header) == header.size + twice + rest


def test_words_that_give_their_own_scores_are_multiplied_with(tmp_path: Path) -> None:
    path = tmp_path / "tied.gguf"
    path.write_bytes(gguf(tensors=[Tensor("token_embd.weight", (256, 80), TENSOR_Q4_K)]))
    assert read_header(path).matrices == {TENSOR_Q4_K: 80 * 144}


def test_memory_can_be_limited_by_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_MEMORY", "1.5MB")
    assert fit.free_bytes() == 1_500_000
    monkeypatch.setenv("HARNESS_MEMORY", "900TB")
    assert fit.free_bytes() < 900e12
    monkeypatch.setenv("HARNESS_MEMORY", "much")
    with pytest.raises(HarnessError, match="HARNESS_MEMORY is 'much'"):
        fit.free_bytes()


def test_rows_that_look_back_need_memory_once(path: Path) -> None:
    found = fit.of(identity(path), path)
    assert found.needed(0) - found.weights == 8192 * SCORES
    assert found.needed(3) - found.needed(2) == 8192 * NUMBERS * 2


def test_weights_that_do_not_fit_at_all_are_told(path: Path) -> None:
    with pytest.raises(EngineError, match="smaller model or a lower quantization"):
        fit.of(identity(path), path, 1000)
