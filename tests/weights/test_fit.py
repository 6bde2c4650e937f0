"""What fits into memory, with numbers, before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from gguf_files import METADATA, gguf

from harness.engines.llama.bindings import N_UBATCH
from harness.errors import EngineError
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


def test_too_little_memory_is_told_with_the_setting_that_would_fit(path: Path) -> None:
    base = fit.of(identity(path), path).weights
    room = 1_000 * (NUMBERS * 2 + SCORES)
    with pytest.raises(EngineError) as caught:
        fit.of(identity(path, n_ctx=1 << 30), path, base + room)
    assert "1,073,741,824 tokens" in str(caught.value)
    assert "n_ctx = 768 in models.toml would fit" in str(caught.value)


def test_rows_that_look_back_need_memory_once(path: Path) -> None:
    found = fit.of(identity(path), path)
    assert found.needed(0) - found.weights == 8192 * SCORES
    assert found.needed(3) - found.needed(2) == 8192 * NUMBERS * 2


def test_weights_that_do_not_fit_at_all_are_told(path: Path) -> None:
    with pytest.raises(EngineError, match="smaller model or a lower quantization"):
        fit.of(identity(path), path, 1000)
