"""A kernel in reserve: used once, where it fits, and nothing of it shows but the time it saves."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.executors.kernels import AHEAD, KernelExecutor
from harness.executors.sandbox import BWRAP, NONE
from harness.records import CellStatus, Limits, Workspace

LIMITS = Limits(cell_seconds=60, stage_seconds=120)
IMPORTED = f"import sys; print(all(name in sys.modules for name in {AHEAD!r}))"
# What a cell could see of an import that it did not make itself.
SHOWS = """
import logging, os, random, sys, warnings
known = sorted(name for name in globals() if not name.startswith('_'))
print(known, logging.root.handlers, os.listdir())
import numpy, pandas, matplotlib, scipy, sklearn
for package in (numpy, pandas, matplotlib, scipy, sklearn):
    subs = ('pyplot', 'metrics', 'model_selection', 'stats', 'sparse', 'linalg', 'plotting', 'io')
    print(package.__name__, [name for name in subs if hasattr(package, name)])
print(sorted(matplotlib.colormaps), matplotlib.get_backend())
print(pandas.options.display.max_columns, sorted(os.environ))
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    table = tmp_path / "table.csv"
    table.write_text("a\n1\n")
    (tmp_path / "work").mkdir()
    return Workspace(folder=tmp_path / "work", inputs={"table.csv": table})


@pytest.fixture
def executor() -> Iterator[KernelExecutor]:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    made = KernelExecutor(BWRAP)
    yield made
    made.close()
    left = [c for c in psutil.Process().children(recursive=True) if c.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=5)
    assert not alive


def empty(workspace: Workspace) -> None:
    shutil.rmtree(workspace.folder)
    workspace.folder.mkdir()


def said(executor: KernelExecutor, workspace: Workspace, *sources: str) -> list[str]:
    """What cells print, in a session of their own."""
    session = executor.start(workspace, LIMITS)
    try:
        outcomes = [session.run(source) for source in sources]
    finally:
        session.close()
    assert all(one.status is CellStatus.OK for one in outcomes), outcomes
    return ["".join(o["text"] for o in one.outputs) for one in outcomes]


def test_a_kernel_in_reserve_takes_the_place_of_a_fresh_one(
    executor: KernelExecutor, workspace: Workspace
) -> None:
    executor.prepare(workspace, LIMITS)
    said(executor, workspace, "open('left', 'w').close()")  # used once: this is the one
    executor.prepare(workspace, LIMITS)
    empty(workspace)
    write = "open('made', 'w').write('here'); print(open('table.csv').read())"
    assert said(executor, workspace, IMPORTED, write) == ["True\n", "a\n1\n\n"]
    # bubblewrap leaves an empty file where the table was bound.
    assert sorted(path.name for path in workspace.folder.iterdir()) == ["made", "table.csv"]
    assert (workspace.folder / "made").read_text() == "here"
    empty(workspace)
    assert said(executor, workspace, IMPORTED) == ["False\n"]


def test_what_was_read_ahead_shows_in_nothing(
    executor: KernelExecutor, workspace: Workspace
) -> None:
    cold = said(executor, workspace, SHOWS)
    executor.prepare(workspace, LIMITS)
    empty(workspace)
    assert said(executor, workspace, SHOWS) == cold


def test_a_kernel_for_something_else_is_not_used(
    executor: KernelExecutor, workspace: Workspace
) -> None:
    executor.prepare(workspace, LIMITS)
    check = Workspace(folder=workspace.folder.with_name("check"))  # as a check does in between
    check.folder.mkdir()
    assert said(executor, check, IMPORTED) == ["False\n"]
    assert said(executor, workspace, IMPORTED) == ["True\n"]
    assert not workspace.folder.with_name("work.next").exists()


def test_several_are_kept_each_for_what_it_was_made_for(
    executor: KernelExecutor, workspace: Workspace
) -> None:
    check = Workspace(folder=workspace.folder.with_name("check"))
    executor.prepare(workspace, LIMITS)
    executor.prepare(check, LIMITS)
    for one in executor._reserves:
        one.session.result()
    check.folder.mkdir()
    assert said(executor, check, IMPORTED, "import os; print(os.listdir())") == ["True\n", "[]\n"]
    assert said(executor, workspace, IMPORTED) == ["True\n"]
    assert not list(workspace.folder.parent.glob("*.next"))


def test_one_whose_turn_has_not_come_is_not_waited_for(
    executor: KernelExecutor, workspace: Workspace
) -> None:
    others = [workspace.folder.with_name(name) for name in ("a", "b")]
    for folder in others:
        executor.prepare(Workspace(folder=folder), LIMITS)
    executor.prepare(workspace, LIMITS)
    assert said(executor, workspace, IMPORTED) == ["False\n"]


def test_one_that_died_in_reserve_is_not_used(
    executor: KernelExecutor, workspace: Workspace
) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    executor.prepare(workspace, LIMITS)
    session = executor._reserves[0].session.result()
    assert session is not None
    for child in psutil.Process().children(recursive=True):
        if child.pid not in before:
            with contextlib.suppress(psutil.NoSuchProcess):  # it went with its parent
                child.kill()
    deadline = time.monotonic() + 5
    while session.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert said(executor, workspace, IMPORTED) == ["False\n"]


def test_one_that_does_not_start_is_no_failure(
    executor: KernelExecutor, workspace: Workspace, tmp_path: Path
) -> None:
    lost = workspace.inputs["table.csv"].rename(tmp_path / "elsewhere")
    executor.prepare(workspace, LIMITS)
    assert executor._reserves[0].session.result() is None
    lost.rename(workspace.inputs["table.csv"])
    assert said(executor, workspace, IMPORTED) == ["False\n"]


def test_without_a_sandbox_none_is_kept(workspace: Workspace, tmp_path: Path) -> None:
    executor = KernelExecutor(NONE)
    executor.prepare(workspace, LIMITS)
    assert not (tmp_path / "work.next").exists()
    executor.close()


def test_without_a_sandbox_a_kernel_ends_with_who_watches_it(workspace: Workspace) -> None:
    program = f"""
import os, pathlib
from harness.executors.kernels import KernelExecutor
from harness.executors.sandbox import NONE
from harness.records import Limits, Workspace
workspace = Workspace(folder=pathlib.Path({str(workspace.folder)!r}))
session = KernelExecutor(NONE).start(workspace, Limits())
print(session._pid(), flush=True)
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    deadline = time.monotonic() + 5
    while psutil.pid_exists(int(done.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(done.stdout))


def test_a_reserve_is_ended_whenever_it_is_not_wanted(
    executor: KernelExecutor, workspace: Workspace
) -> None:
    executor.prepare(workspace, LIMITS)
    executor.prepare(workspace, LIMITS)  # one is enough
    executor.close()
    executor.close()
    assert not workspace.folder.with_name("work.next").exists()
    assert workspace.folder.exists()
