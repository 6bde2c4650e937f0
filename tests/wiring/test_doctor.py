"""What the doctor finds, beyond that this machine is ready (tests/cli)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.wiring import doctor


def test_libraries_that_each_kernel_would_compile_anew_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = doctor._packages()
    assert found.state == "ok", found.mend  # an environment of before: compile it so
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    noted = doctor._packages()
    assert noted.state == "note"
    assert "not compiled" in noted.found
    assert noted.mend.startswith(f"{sys.executable} -m compileall -q /")
