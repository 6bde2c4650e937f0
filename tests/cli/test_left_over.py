"""What a killed command left in the folder for temporary files goes with the next."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Begin, Cli


def test_the_next_command_collects_what_a_killed_one_left(
    project: Path,
    two_steps: Path,
    script: Callable[..., str],
    cli: Cli,
    begin: Begin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    temporary = project / "tmp"
    temporary.mkdir()
    temporary.chmod(0o711)
    monkeypatch.setenv("TMPDIR", str(temporary))
    script(["```python\nimport time; time.sleep(100)\n```"] * 2)
    killed = begin(
        "generate", "--stage", "tiny", "--unsafe-no-sandbox", until="tmp/harness-*/r/kernel.json"
    )
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert list(temporary.glob("harness-*"))
    assert cli("runs", "export").returncode == 0
    assert not list(temporary.glob("harness-*"))
