"""A run's id follows what its replies come from: no more of it, and no less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ModelFileError
from harness.records import ModelIdentity, ModelSpec
from harness.weights import identities, sources

FILE = "weights.bin"


@pytest.fixture
def identify(tmp_path: Path) -> Any:
    (tmp_path / FILE).write_bytes(b"weights")

    def make(**entry: Any) -> ModelIdentity:
        spec = ModelSpec.model_validate({"name": "m", **entry})
        return identities.identify(spec, sources.obtain(spec, tmp_path))

    return make


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"server": "http://h/v1", "served": "s", "n_ctx": 4096},
            {
                "name": "m", "kind": "server", "verified": False, "server": "http://h/v1",
                "sha256": "19ef2ad91676bb8f40bbba5bc3b82a3136a04ceadef082387141ec5ee4e8a544",
                "size": 0, "file": "s", "architecture": None, "quantization": None,
                "chat_template_sha256": None, "chat_format": None, "n_ctx": 4096,
                "cache_type": "f16", "flash_attention": None,
            },
        ),
        (
            {"script": FILE, "chat_format": "phind"},
            {
                "name": "m", "kind": "script", "verified": True, "server": None,
                "sha256": "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c",
                "size": 7, "file": FILE, "architecture": None, "quantization": None,
                "chat_template_sha256": None, "chat_format": None, "n_ctx": 8192,
                "cache_type": "f16", "flash_attention": None,
            },
        ),
    ],
)  # fmt: skip
def test_kinds_with_keys_of_their_own_are_recorded_as_ever(
    identify: Any, entry: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert json.loads(identify(**entry).model_dump_json()) == expected


def test_another_engines_model_is_its_name_its_file_and_its_options(
    identify: Any, tmp_path: Path
) -> None:
    entry = {"engine": "parrot", "path": FILE, "options": {"a": 1, "b": [2.5]}}
    base = identify(**entry)
    assert (base.kind, base.file, base.size, base.verified) == ("parrot", FILE, 7, True)
    assert identify(**entry, name="other", license="mit").sha256 == base.sha256
    assert identify(**{**entry, "options": {"b": [2.5], "a": 1}}).sha256 == base.sha256
    others = [{"engine": "crow"}, {"options": {}}, {"options": {"a": 1, "b": [2.5, 0]}}]
    different = [identify(**{**entry, **change}).sha256 for change in others]
    (tmp_path / FILE).write_bytes(b"others")
    different.append(identify(**entry).sha256)
    assert len({base.sha256, *different}) == 1 + len(different)


def test_an_engine_without_a_file_vouches_for_nothing(identify: Any) -> None:
    made = identify(engine="parrot", options={"a": 1})
    assert (made.verified, made.size, made.file) == (False, 0, "parrot")
    assert made.sha256 != identify(engine="parrot").sha256


def test_another_engines_file_must_be_the_one_promised(identify: Any) -> None:
    with pytest.raises(ModelFileError, match=r"models\.toml says"):
        identify(engine="parrot", path=FILE, sha256="0" * 64)
    with pytest.raises(ModelFileError, match="does not exist"):
        identify(engine="parrot", path="nowhere.bin")
