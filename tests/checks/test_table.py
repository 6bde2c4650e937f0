"""The ``table`` check on tables that are not as they should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from check_artifacts import TABLE, failed, good, run


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda t: t.rsplit("\n", 3)[0] + "\n", {"rows"}),
        (
            lambda t: t.replace(",0.0", ",", 1) if ",0.0" in t else t.replace(",0", ",", 1),
            {"no blanks"},
        ),
        (lambda t: t.replace("\n1,", "\none,", 1).replace("\n0,", "\nnone,", 1), {"only numbers"}),
        (lambda t: t.replace("Churn", "Left", 1), {"target kept"}),
    ],
)
def test_a_table_that_is_not_as_it_should_be(
    tmp_path: Path, change: Callable[[str], str], wrong: set[str]
) -> None:
    blobs = {"prepared.csv": change(good()["prepared.csv"].decode()).encode()}
    assert set(failed(run(TABLE, blobs, tmp_path))) == wrong


@pytest.mark.parametrize("blob", [b"", b"\x00\xff\xfe", b"a\n" * 3, b'"' * 100])
def test_a_table_that_is_none_fails_in_a_line(tmp_path: Path, blob: bytes) -> None:
    found = run(TABLE, {"prepared.csv": blob}, tmp_path)
    assert found
    assert all("\n" not in one.message for one in found.values())
    assert failed(found)
