"""The sandbox is tried until it holds, and then no more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import wiring
from harness.wiring import executors


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A bwrap that leaves a line here whenever it is called, and fails while ``broken`` exists."""
    real = shutil.which("bwrap")
    log, folder = tmp_path / "log", tmp_path / "bin"
    folder.mkdir()
    fake = folder / "bwrap"
    fake.write_text(
        f"#!/bin/bash\necho called >> {log}\n"
        f"[ ! -e {tmp_path}/broken ] || {{ echo no namespaces >&2; exit 1; }}\n"
        # bwrap runs itself again inside, where this file is not.
        f'fake={fake} real={real}\nexec $real "${{@/$fake/$real}}"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    executors._try_sandbox.cache_clear()
    yield log
    executors._try_sandbox.cache_clear()


def times(log: Path) -> int:
    return len(log.read_text().splitlines())


def test_a_sandbox_that_holds_is_tried_once_however_many_ask(tried: Path) -> None:
    assert wiring.sandbox_problem() is None
    once = times(tried)
    executors._try_sandbox.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: wiring.sandbox_problem(), range(4))) == [None] * 4
    assert times(tried) == 2 * once


def test_one_that_does_not_hold_is_tried_again(tried: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    told = wiring.sandbox_problem()
    assert told is not None
    assert "no namespaces" in told
    (tmp_path / "broken").unlink()
    assert wiring.sandbox_problem() is None
