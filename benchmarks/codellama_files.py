"""GGUF files of Code Llama's true shapes with random weights, for what size alone decides.

``python -m benchmarks.codellama_files 7b|13b`` writes one into ``build/codellama/``: metadata in
the first part, tensors in the second, so that one set of weights serves several kinds of metadata.
The types of the tensors are those of llama.cpp's Q4_K_M. What such a model writes is noise.
"""

from __future__ import annotations

import itertools
import shutil
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import gguf
import numpy as np

from harness.weights import splits

FOLDER = Path(__file__).parents[1] / "build" / "codellama"
TOKENS = 32_016
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
F32, Q4_K, Q6_K = (gguf.GGMLQuantizationType[name] for name in ("F32", "Q4_K", "Q6_K"))
BLOCK = 256  # elements of both
Q4_K_BYTES, Q6_K_BYTES = 144, 210
SPREAD = 0.02  # of the weights, as in trained models
POOL = 1 << 18  # random blocks that tensors are cut from


class Shape(NamedTuple):
    """What tells Code Llama's sizes apart; ``heads`` share no keys in these."""

    layers: int
    width: int
    inner: int
    heads: int


SHAPES = {
    "7b": Shape(32, 4096, 11008, 32),
    "13b": Shape(40, 5120, 13824, 40),
    "tiny": Shape(2, 256, 512, 2),  # to try the script itself
}


def first_part(size: str, *, end: int = 2) -> Path:
    """The first part of a model whose replies end with the token ``end``; written where missing."""
    name = f"codellama-{size}-ends-{end}" if end != 2 else f"codellama-{size}"
    path = FOLDER / f"{name}-00001-of-00002.gguf"
    weights = FOLDER / f"codellama-{size}-00002-of-00002.gguf"
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not weights.is_file():
        _write_weights(weights, SHAPES[size])
    beside = path.with_name(splits.names(path.name)[1])
    if not beside.exists():
        beside.symlink_to(weights.name)
    if not path.is_file():
        _write_metadata(path, SHAPES[size], end)
    return path


def _write_metadata(path: Path, shape: Shape, end: int) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Code Llama of random weights")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_K_M)
    writer.add_context_length(16_384)
    writer.add_block_count(shape.layers)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-5)
    words = list(vocabulary())
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * (TOKENS - 259)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(words)
    writer.add_token_scores([0.0] * 259 + [-float(i) for i in range(TOKENS - 259)])
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(True)
    _number(writer, 0, len(list(_tensors(shape))))
    _finish(writer)


def _write_weights(path: Path, shape: Shape) -> None:
    scratch = path.with_suffix(".part")
    writer = gguf.GGUFWriter(scratch, "llama")
    made = list(_tensors(shape))
    _number(writer, 1, len(made))
    for name, rows, columns, kind in made:
        if kind is F32:
            size = (columns,)
            writer.add_tensor_info(name, size, np.dtype(np.float32), 4 * columns)
            continue
        row = columns // BLOCK * (Q4_K_BYTES if kind is Q4_K else Q6_K_BYTES)
        writer.add_tensor_info(name, (rows, row), np.dtype(np.uint8), rows * row, raw_dtype=kind)
    needed = sum(rows * columns for _, rows, columns, _ in made) * 210 // 256
    if shutil.disk_usage(path.parent).free < needed + (1 << 30):
        raise SystemExit(f"{path.parent} has no room for {needed / 1e9:.1f} GB")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    random = np.random.default_rng(0)
    pools = {Q4_K: _q4_k(random), Q6_K: _q6_k(random)}
    for _, rows, columns, kind in made:
        if kind is F32:
            writer.write_tensor_data(np.ones(columns, dtype=np.float32))
            continue
        blocks = rows * columns // BLOCK
        start = int(random.integers(POOL))
        chosen = np.take(pools[kind], np.arange(start, start + blocks), axis=0, mode="wrap")
        writer.write_tensor_data(chosen.reshape(rows, -1))
    writer.close()
    scratch.replace(path)


def _tensors(shape: Shape) -> Iterator[tuple[str, int, int, gguf.GGMLQuantizationType]]:
    """Name, rows, columns and type of each, by llama.cpp's recipe for Q4_K_M."""
    width, inner = shape.width, shape.inner
    yield "token_embd.weight", TOKENS, width, Q4_K
    for layer in range(shape.layers):
        eighth = shape.layers // 8
        more = layer < eighth or layer >= 7 * eighth or (layer - eighth) % 3 == 2
        for name, rows, columns, kind in (
            ("attn_norm", 1, width, F32),
            ("attn_q", width, width, Q4_K),
            ("attn_k", width, width, Q4_K),
            ("attn_v", width, width, Q6_K if more else Q4_K),
            ("attn_output", width, width, Q4_K),
            ("ffn_norm", 1, width, F32),
            ("ffn_gate", inner, width, Q4_K),
            ("ffn_up", inner, width, Q4_K),
            ("ffn_down", width, inner, Q6_K if more else Q4_K),
        ):
            yield f"blk.{layer}.{name}.weight", rows, columns, kind
    yield "output_norm.weight", 1, width, F32
    yield "output.weight", TOKENS, width, Q6_K


def _q4_k(random: np.random.Generator) -> np.ndarray:
    """Blocks of Q4_K: two halves that scale, then anything. Weights are d*scale*q - dmin*m."""
    blocks = random.integers(0, 256, (POOL, Q4_K_BYTES), dtype=np.uint8)
    # On average a scale is 31, a number 7.5 and a minimum 31.
    halves = np.array([SPREAD / (31 * 7.5), SPREAD / 31], dtype="<f2")
    blocks[:, :4] = halves.view(np.uint8)
    return blocks


def _q6_k(random: np.random.Generator) -> np.ndarray:
    """Blocks of Q6_K: anything, then a half that scales. Weights are d*scale*(q - 32)."""
    blocks = random.integers(0, 256, (POOL, Q6_K_BYTES), dtype=np.uint8)
    blocks[:, -2:] = np.array([SPREAD / (74 * 18)], dtype="<f2").view(np.uint8)
    return blocks


def vocabulary() -> Iterator[str]:
    """So many pieces as Code Llama has; all of ASCII, and syllables in place of its own."""
    yield from ("<unk>", "<s>", "</s>")
    yield from (f"<0x{byte:02X}>" for byte in range(256))
    single = ["▁", *map(chr, range(33, 127))]
    yield from single
    letters = string.ascii_lowercase
    longer = ("".join(piece) for n in (2, 3, 4) for piece in itertools.product(letters, repeat=n))
    yield from itertools.islice(longer, TOKENS - 259 - len(single))


def _number(writer: gguf.GGUFWriter, number: int, tensors: int) -> None:
    writer.add_uint16(gguf.Keys.Split.LLM_KV_SPLIT_NO, number)
    writer.add_uint16(gguf.Keys.Split.LLM_KV_SPLIT_COUNT, 2)
    writer.add_int32(gguf.Keys.Split.LLM_KV_SPLIT_TENSORS_COUNT, tensors)


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()


if __name__ == "__main__":
    print(first_part(sys.argv[1]))
