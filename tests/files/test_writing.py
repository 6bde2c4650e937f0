"""Writes are whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from pathlib import Path

import pydantic_core
import pytest

from harness import files
from harness.errors import StoreError


def test_a_write_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    files.write_atomic(path, b"long old content")
    files.write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    # A file-size limit fails a write half-way, as a full disk does.
    code = f"""
import resource, signal
from pathlib import Path
from harness import files
from harness.errors import StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    files.write_atomic(Path({str(path)!r}), b"x" * 5000)
except StoreError as error:
    assert "could not be written" in str(error)
else:
    raise SystemExit("wrote")
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="could not be written"):
        files.write_atomic(tmp_path / "file" / "inner", b"")


def test_json_is_what_any_reader_takes() -> None:
    value = {
        "a": [math.nan, -math.inf, 1.5, (math.inf,)],
        "b": "\ud83d é\x1b",
        "c": {"d": math.nan},
    }
    for text in (files.to_json(value), files.to_json(value, ascii_only=True, indent=None)):
        pydantic_core.from_json(text, allow_inf_nan=False)  # refuses surrogates, too
        read = json.loads(text, parse_constant=pytest.fail)
        assert read == {"a": [None, None, 1.5, [None]], "b": "? é\x1b", "c": {"d": None}}
    assert text.isascii()
    assert files.to_json({"é": [1]}) == '{\n "é": [\n  1\n ]\n}'


def test_sha256_reports_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    seen: list[tuple[int, int]] = []
    digest = files.sha256(tmp_path / "f", lambda done, total: seen.append((done, total)))
    assert digest == hashlib.sha256(b"abc").hexdigest()
    assert seen == [(3, 3)]
