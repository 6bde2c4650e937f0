"""What a GGUF file says of itself, once every word of it has been checked."""

from __future__ import annotations

import stat
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import ModelFileError
from harness.records import Record
from harness.weights import splits
from harness.weights.gguf import tables
from harness.weights.gguf.cursor import CHOOSE, MOST_TEXT, Cursor, shown
from harness.weights.gguf.magic import read_version
from harness.weights.gguf.tensors import Tensors, read_tensors

# Real files have some 100 keys, at most some 10,000 tensors and 200 layers. A hostile one that goes
# to all these limits at once costs seconds.
MOST_KEYS = 1 << 12
MOST_TENSORS = 1 << 18
MOST_LAYERS = 1 << 10  # entries of a per-layer list

TEXTS = frozenset(
    ("general.architecture", "general.name", "general.type", "tokenizer.chat_template")
)
TOKENS = "tokenizer.ggml.tokens"
HEADS = (".attention.head_count", ".attention.head_count_kv")
CARRIED = (
    "ssm.",
    "wkv.",
    "shortconv.",
    "kda.",
)  # keys of layers with a state that is carried along


class Header(Record):
    """What a GGUF file says of itself. None: the file does not say."""

    path: Path
    version: int  # of the GGUF format
    architecture: str
    name: str | None
    quantization: str | None  # for example "Q4_K_M"
    chat_template: str | None  # Jinja
    n_ctx_train: int | None  # tokens
    n_ctx_original: int | None  # tokens, of a model that was later stretched to more
    n_layers: int | None
    n_heads: int | None  # of the layer that has most, as is n_heads_kv
    n_heads_kv: int | None
    embedding_length: int | None
    head_length: int | None  # of a key; None: embedding_length / n_heads
    vocab_size: int | None  # tokens
    files: int  # that the model lies in; what follows is of all of them
    tensors: int
    tensor_bytes: int  # without padding, and without tensors of a type unknown here
    matrices: dict[int, int]  # bytes of those that are multiplied with, by the number of their type
    size: int  # bytes
    recurrent: bool = False  # some layers carry a state along, in place of what they read


def read_header(path: Path) -> Header:
    """The header of the file, which is found whole: every tensor it names lies inside it.

    Of a model in several files ``path`` is the first; the others are found beside it.

    Raises ModelFileError where a file is missing, unreadable, not GGUF, damaged, cut short, a later
    part, or no model that writes text.
    """
    first = _read(path, 0, None)
    parts = [first]
    if first.files > 1:
        for number, one in enumerate(splits.files(path)[1:], 1):
            parts.append(_read(one, number, first.files))
    tensors = sum(part.tensors.number for part in parts)
    if not tensors:
        raise first.cursor.error("has no tensors: a vocabulary without weights", CHOOSE)
    promised = first.metadata.count("split.tensors.count")
    if first.files > 1 and promised not in (None, tensors):
        found = f"promises {promised:,} tensors, and its {first.files} parts have {tensors:,}"
        raise first.cursor.error(found)
    return _header(parts)


class _File(NamedTuple):
    """What one file holds."""

    cursor: Cursor
    version: int
    metadata: _Metadata
    architecture: str  # of the first part; the others do not say
    tensors: Tensors
    files: int  # that the model lies in


def _check_part(file: Cursor, metadata: _Metadata, number: int, count: int) -> None:
    """Raise unless file and name say that it is part ``number``, from 0 on, of ``count``."""
    named = splits.part(file.path.name)
    own_count = metadata.count("split.count") or 1
    if own_count == 1 and named is not None and named.total > 1:
        found = f"named as part {named.number} of {named.total}, but a whole model by itself"
        raise file.error(found, f"Rename it, perhaps to {named.stem}.gguf")
    own_number = metadata.count("split.no") or 0
    said = f"part {own_number + 1} of {own_count} of a model"
    if own_count > 1 and named is None:
        hint = "Name the parts NAME-00001-of-00003.gguf and so on, in one folder; give the first"
        raise file.error(f"{said}, which its name does not say", hint)
    if own_count > 1 and named is not None and named[1:] != (own_number + 1, own_count):
        found = f"{said}, but named as part {named.number} of {named.total}"
        raise file.error(found, "Give the parts the names that they were made with")
    if (own_number, own_count) != (number, count):
        raise file.error(said, f"Give the first part: {splits.first(file.path).name}")


def _read(path: Path, number: int, count: int | None) -> _File:
    """Part ``number`` of a model, from 0 on; ``count`` None: of as many as it says."""
    if "\0" in str(path):
        raise ModelFileError(f"{shown(str(path))}: no such file", "Check the path")
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ModelFileError(f"{path}: a folder, not a file", CHOOSE)
        if not stat.S_ISREG(mode):
            raise ModelFileError(f"{path}: not an ordinary file", CHOOSE)
        with path.open("rb") as file:
            return _read_file(Cursor(file, path), number, count)
    except (FileNotFoundError, NotADirectoryError):
        raise ModelFileError(f"{path}: no such file", "Check the path") from None
    except OSError as error:
        hint = "Check its permissions and its disk"
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})", hint) from None


def _read_file(cursor: Cursor, number: int, count: int | None) -> _File:
    version = read_version(cursor)
    tensors = cursor.u64("the number of tensors")
    keys = cursor.u64("the number of metadata keys")
    # The shortest tensor entry has 24 bytes; the shortest key, its type and value have 14.
    for claimed, least, most, what in (
        (keys, 14, MOST_KEYS, "metadata keys"),
        (tensors, 24, MOST_TENSORS, "tensors"),
    ):
        cursor.expect(claimed * least, f"a list of {claimed:,} {what}")
        if claimed > most:
            raise cursor.error(f"claims {claimed:,} {what}, more than any model has")
    metadata = _Metadata(cursor)
    for _ in range(keys):
        metadata.read()
    count = metadata.count("split.count") or 1 if count is None else count
    _check_part(cursor, metadata, number, count)
    architecture = None if number else _architecture(metadata)
    alignment = metadata.count("general.alignment")
    alignment = tables.ALIGNMENT if alignment is None else alignment
    if alignment.bit_count() != 1:
        raise cursor.error(f"general.alignment is {alignment:,}, not a power of two")
    found = read_tensors(cursor, tensors, alignment)
    return _File(cursor, version, metadata, architecture or "", found, count)


def _header(parts: list[_File]) -> Header:
    metadata, architecture = parts[0].metadata, parts[0].architecture
    file_type = metadata.count("general.file_type")
    matrices = sum((part.tensors.matrices for part in parts), Counter())
    if not any(part.tensors.scores for part in parts):  # words give their scores as well
        matrices = sum((part.tensors.words for part in parts), matrices)
    return Header(
        path=parts[0].cursor.path,
        version=parts[0].version,
        architecture=architecture,
        name=metadata.text("general.name"),
        quantization=None if file_type is None else tables.FILE_TYPES.get(file_type),
        chat_template=metadata.text("tokenizer.chat_template"),
        n_ctx_train=metadata.count(f"{architecture}.context_length"),
        n_ctx_original=metadata.count(f"{architecture}.rope.scaling.original_context_length"),
        n_layers=metadata.count(f"{architecture}.block_count"),
        n_heads=metadata.count(architecture + HEADS[0]),
        n_heads_kv=metadata.count(architecture + HEADS[1]),
        embedding_length=metadata.count(f"{architecture}.embedding_length"),
        head_length=metadata.count(f"{architecture}.attention.key_length"),
        vocab_size=metadata.count(TOKENS),
        files=len(parts),
        tensors=sum(part.tensors.number for part in parts),
        tensor_bytes=sum(part.tensors.total for part in parts),
        matrices=dict(matrices),
        size=sum(part.cursor.size for part in parts),
        recurrent=metadata.has(tuple(f"{architecture}.{kind}" for kind in CARRIED)),
    )


class _Metadata:
    """The keys and what is wanted of their values. None: a value of no interest here."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._values: dict[str, Any] = {}

    def read(self) -> None:
        """The next key and its value."""
        encoded = self.cursor.string("the name of a metadata key", MOST_TEXT)
        try:
            key = encoded.decode()
        except UnicodeDecodeError:
            what = f"the metadata key '{shown(encoded)}'"
            raise self.cursor.error(f"{what} is not UTF-8") from None
        if not key:
            raise self.cursor.error("has a metadata key without a name")
        if key in self._values:
            raise self.cursor.error(f"has the metadata key '{shown(key)}' twice")
        self._values[key] = self._value(key, f"'{shown(key)}'")

    def _value(self, key: str, what: str) -> Any:
        cursor = self.cursor
        kind = cursor.u32(what)
        if kind == tables.STRING and key in TEXTS:
            return cursor.string(what, MOST_TEXT).decode("utf-8", "replace")
        if kind == tables.STRING:
            return cursor.skip_strings(1, what)
        if kind != tables.ARRAY:
            self._known(kind, what)
            value = cursor.number(kind, what)
            return None if key == TOKENS else value  # else it would pass for the list's length
        kind = cursor.u32(what)
        count = cursor.u64(what)
        if kind == tables.STRING:
            cursor.skip_strings(count, what)
            return count if key == TOKENS else None
        self._known(kind, what)
        if key.endswith(HEADS) and 0 < count <= MOST_LAYERS:
            return max(cursor.number(kind, what) for _ in range(count))
        return cursor.skip(count * tables.SCALARS[kind].size, what)

    def _known(self, kind: int, what: str) -> None:
        if kind == tables.ARRAY:
            raise self.cursor.error(f"{what} is a list of lists, which llama.cpp cannot read")
        if kind not in tables.SCALARS:
            raise self.cursor.error(f"{what} has the unknown value type {kind:,}")

    def has(self, beginnings: tuple[str, ...]) -> bool:
        """Whether a key begins so."""
        return any(key.startswith(beginnings) for key in self._values)

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        if key in self._values and not isinstance(value, str):
            raise self.cursor.error(f"'{key}' is not text")
        return value

    def count(self, key: str) -> int | None:
        """A number of something; llama.cpp keeps these in 32 bits."""
        value = self._values.get(key)
        if key in self._values and (type(value) is not int or not 0 <= value < 1 << 32):
            raise self.cursor.error(f"'{key}' is not a plausible number")
        return value


def _architecture(metadata: _Metadata) -> str:
    """The architecture, once sure that this is one whole model that writes text."""
    error = metadata.cursor.error
    kind = metadata.text("general.type")
    if kind in tables.NOT_MODELS:
        raise error(f"{tables.NOT_MODELS[kind]}, not a model of its own", CHOOSE)
    name = metadata.text("general.architecture")
    if not name:
        raise error("does not say its architecture (general.architecture)", CHOOSE)
    if name in tables.NOT_DECODERS:
        raise error(f"{tables.NOT_DECODERS[name]} (architecture '{name}')", CHOOSE)
    if name not in tables.DECODERS:
        hint = f"{tables.SOURCE} knows {len(tables.DECODERS)}, such as llama and qwen2: choose one"
        raise error(f"unknown architecture '{shown(name)}'", hint)
    return name
