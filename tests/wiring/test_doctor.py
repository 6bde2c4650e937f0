"""What the doctor finds, beyond that this machine is ready (tests/cli)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from engines.openai_servers import serving

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


def test_how_the_default_model_is_steered_is_said(
    project: Path, script: Callable[[list[str]], str]
) -> None:
    script(["Hello."])
    (found,) = doctor._steering(project)
    assert (found.state, found.mend) == ("ok", "")
    assert found.found == "script: stepped back within a reply, and kept from what failed"


@pytest.mark.parametrize(("how", "state"), [("vllm", "ok"), ("never", "note")])
def test_of_a_server_too(project: Path, how: str, state: str) -> None:
    with serving([]) as server:
        entry = f'server = "{server.url}"\ncontinues = "{how}"'
        (project / "models.toml").write_text(f'default = "s"\n[models.s]\n{entry}\n')
        (found,) = doctor._steering(project)
    assert (found.what, found.state) == ("steering", state)
    assert ("--repair" in found.mend) is (state == "note")


def test_of_a_model_that_is_not_there_nothing_is_said(project: Path) -> None:
    (project / "models.toml").write_text('default = "s"\n[models.s]\npath = "no.gguf"\n')
    assert list(doctor._steering(project)) == []
