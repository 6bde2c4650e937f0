"""A working kernel holds what was accepted, whatever was tried in between."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.executors.kernels import KernelExecutor
from harness.executors.sandbox import BWRAP
from harness.executors.scripted import ScriptedSession
from harness.executors.session import KernelSession
from harness.records import CellOutcome, CellStatus, Limits, Workspace
from harness.steering import undoing
from harness.steering.kernel import FailedAt, WorkingKernel

LIMITS = Limits(cell_seconds=12, stage_seconds=90)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[WorkingKernel]:
    executor = KernelExecutor(BWRAP)

    def start() -> KernelSession:
        shutil.rmtree(tmp_path / "work", ignore_errors=True)
        (tmp_path / "work").mkdir()
        return executor.start(Workspace(folder=tmp_path / "work"), LIMITS)

    made = WorkingKernel(start)
    yield made
    made.close()


def value(kernel: WorkingKernel, name: str) -> object:
    return kernel.ask("def answer(question):\n    return repr(USER.get(question))\n", name)


def test_what_failed_half_way_is_undone(kernel: WorkingKernel) -> None:
    kernel.run("x = [1]")
    tried = kernel.run("for i in range(3):\n    x.append(i)\n    x[i + 9]")
    assert tried.place == FailedAt(3, 4, 3, 12)
    assert value(kernel, "x") == "[1]"
    assert kernel.accepted == ("x = [1]",)
    assert kernel.restores == 1


def test_a_lookup_that_fails_costs_no_replay(kernel: WorkingKernel) -> None:
    kernel.run("x = {'a': 1}\ndef change():\n    x['b'] = 1\n    raise KeyError")
    assert not kernel.run("y = x['é'].missing").ok
    assert value(kernel, "x") == "{'a': 1}"
    assert kernel.restores == 0
    assert not kernel.run("change()").ok
    assert value(kernel, "x") == "{'a': 1}"
    assert kernel.restores == 1


def test_columns_are_bytes_and_empty_lines_count(kernel: WorkingKernel) -> None:
    tried = kernel.run("\n\né = 'é' + 1")
    assert tried.place == FailedAt(3, 5, 3, 13)
    assert kernel.run("def f(:").place is not None


def test_the_innermost_place_of_the_code_that_was_given(kernel: WorkingKernel) -> None:
    kernel.run("def far(x):\n    return x.nothing")
    assert kernel.run("a = 1\nb = (2 +\n     far(a))").place == FailedAt(3, 5, 3, 11)
    assert kernel.run("def near(x):\n    return x.nothing\nnear(1)").place == FailedAt(2, 11, 2, 20)


def test_what_stays_keeps_what_it_did(kernel: WorkingKernel) -> None:
    kernel.run("x = 1\ny = 1 / 0", stays=True)
    assert value(kernel, "x") == "1"
    assert not kernel.run("z = 2\ny = 1 / 0").ok
    kernel.stay()
    assert value(kernel, "z") == "2"
    kernel.back(1)
    assert (value(kernel, "x"), value(kernel, "z")) == ("1", "None")


@pytest.mark.parametrize(
    ("source", "status"),
    [("import os; os._exit(1)", CellStatus.KILLED), ("while True: pass", CellStatus.TIMEOUT)],
)
def test_after_a_kernel_is_lost_the_next_call_goes_on(
    kernel: WorkingKernel, source: str, status: CellStatus
) -> None:
    kernel.run("x = 1")
    assert kernel.run(source, stays=True).outcome.status is status
    assert kernel.accepted == ("x = 1",)
    assert kernel.run("y = x + 1").ok
    assert value(kernel, "y") == "2"


def test_a_figure_stays_open_until_its_cell_ends(kernel: WorkingKernel) -> None:
    figures = "import matplotlib.pyplot as plt\nplt.get_fignums()"
    kernel.begin_cell()
    assert kernel.run("import matplotlib.pyplot as plt").ok
    assert kernel.run("plt.imshow([[1, 2]])").ok
    assert not kernel.run("plt.gca().set_title('a', nothing=1)").ok  # undone: it is drawn again
    assert kernel.run("plt.colorbar()").ok
    assert kernel.restores == 1
    kernel.begin_cell()
    assert kernel.run(figures).outcome.outputs[0]["data"]["text/plain"] == "[]"


def test_statements_run_as_cells_do(kernel: WorkingKernel) -> None:
    for source in ("%%writefile a.py\nx = 1", "!ls a.py", "import asyncio\nawait asyncio.sleep(0)"):
        assert kernel.run(source).ok, source


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("df.foo", False),
        ("y = df['a'].mean(axis=2)", False),
        ("from math import nothing", False),
        ("df.sort_values('a', inplace=True)", True),
        ("model.fit(x)", True),
        ("mine(x)", True),
        ("x.pop()", True),
        ("if x:\n    y", True),
        ("x += y", True),
        ("a = 1; b.c", True),
        ("%magic", True),
        ("(y := f)", True),
        ("make()()", True),
        ("shuffle(x)", True),
        ("x[0], y.z = 1, 2", True),
    ],
)
def test_only_what_plainly_changes_nothing_is_not_undone(source: str, changes: bool) -> None:
    assert undoing.may_change(source, {"mine"}) is changes


@pytest.mark.parametrize(
    ("source", "failed", "changes"),
    [
        ("model.fit(é['b'], y)", "é['b']", False),
        ("x.missing().fit(y)", "x.missing", False),
        ("mine(f(b), a.c)", "a.c", False),
        ("(z := f(a.c))", "a.c", False),
        ("x[0], y.z = f(a.c)", "a.c", False),
        ("model.fit(x, y)", "model.fit(x, y)", True),
        ("model.fit(x).predict(y)", "model.fit(x).predict(y)", True),
        ("f(x.pop(), a.c)", "a.c", True),
        ("f(x.pop().c)", "x.pop().c", True),
        ("[x.append(y.c) for y in z]", "y.c", True),
        ("d.apply(lambda y: x.append(y.c))", "y.c", True),
        ("x.update(y.c for y in z)", "y.c", True),
        ("x[0], y.z = 1, 2", "y.z", True),
        ("x.pop()", "elsewhere", True),
    ],
)
def test_what_waited_for_what_failed_changed_nothing(
    source: str, failed: str, changes: bool
) -> None:
    begin = len(source.partition(failed)[0].encode())
    at = FailedAt(1, begin, 1, begin + len(failed.encode()))
    assert undoing.may_change(source, {"mine"}, at) is changes


def test_a_call_whose_argument_fails_costs_no_replay(kernel: WorkingKernel) -> None:
    kernel.run("x = [1]\ny = {}")
    assert not kernel.run("x.append(y['a'])").ok
    assert (value(kernel, "x"), kernel.restores) == ("[1]", 0)
    assert not kernel.run("x.append(1).missing").ok
    assert (value(kernel, "x"), kernel.restores) == ("[1]", 1)
    assert not kernel.run("[x.insert(0, y[one]) for one in ('a', y.setdefault('a'))]").ok
    assert (value(kernel, "x"), value(kernel, "y"), kernel.restores) == ("[1]", "{}", 2)


@pytest.mark.parametrize(("failing", "ends"), [(1, CellStatus.OK), (2, CellStatus.NOT_RUN)])
def test_a_restore_that_fails_is_tried_once_more(failing: int, ends: CellStatus) -> None:
    killed = {"x = 1": CellOutcome(status=CellStatus.KILLED)}
    sessions = iter([{}, *[killed] * failing, {}])
    kernel = WorkingKernel(lambda: ScriptedSession(next(sessions)))
    for source in ("x = 1", "y = 1"):
        kernel.run(source)
    kernel.back(1)
    assert kernel.run("z = 1").outcome.status is ends


def never(*_: Any) -> None:
    raise AssertionError


def test_without_a_cell_no_kernel_starts() -> None:
    start: Callable[..., Any] = never
    WorkingKernel(start).close()
