"""Questions beside the cells: answered soon, seen by no cell, and never a reason to fail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.executors import asking
from harness.executors.kernels import KernelExecutor
from harness.executors.sandbox import BWRAP
from harness.executors.session import KernelSession
from harness.records import CellStatus, Limits, Workspace

NAMES = "def answer(question):\n    return sorted(n for n in USER if n.startswith(question))\n"
FOR_EVER = "def answer(question):\n    while True:\n        question += 1\n"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[KernelSession]:
    (tmp_path / "work").mkdir()
    started = KernelExecutor(BWRAP).start(Workspace(folder=tmp_path / "work"), Limits())
    yield started
    started.close()


def test_a_question_leaves_nothing_behind(session: KernelSession) -> None:
    session.run("import sys; x_1 = 41; x_1 + 1")
    assert session.ask(NAMES, "x_", 5) == ["x_1"]
    assert session.ask("1 / 0", None, 5) is None
    looks = "print(_, sorted(Out), len(In), 'answer' in globals(), hasattr(sys, 'last_value'))"
    seen = session.run(looks)
    assert [one["text"] for one in seen.outputs] == ["42 [1] 3 False False\n"]


@pytest.mark.parametrize(
    "cell",
    [
        "import sys; sys.stdout = None; sys.stderr = None",
        "import builtins; builtins.sorted = builtins.print = None; sorted = __import__ = exec = 1",
        "import sys; sys.modules['json'] = sys.modules['builtins'] = None; json = 0",
        "get_ipython = None; In = Out = None; import sys; sys.settrace(lambda *a: 1 / 0)",
        "import signal; signal.signal(signal.SIGALRM, lambda *a: 1 / 0)",
        "import warnings; warnings.simplefilter('error')",
    ],
)
def test_what_a_cell_rebinds_is_in_no_way(session: KernelSession, cell: str) -> None:
    session.run(f"x_1 = 1\n{cell}")
    assert session.ask(NAMES, "x_", 5) == ["x_1"]


def test_who_takes_the_answerer_away_gets_no_answer_and_keeps_the_kernel(
    session: KernelSession,
) -> None:
    session.run(
        "from ipykernel.kernelapp import IPKernelApp\n"
        "handlers = IPKernelApp.instance().kernel.shell_handlers"
    )
    for taken in (
        "handlers['harness_ask'] = lambda stream, ident, parent: None",
        "del handlers['harness_ask']",
    ):
        assert session.run(taken).status is CellStatus.OK
        assert session.ask(NAMES, "x_", 5) is None
    assert session.run("1").status is CellStatus.OK


@pytest.mark.parametrize("answer", ["float('nan')", "'x' * 2_000_000", "object()", "'\\ud800'"])
def test_what_is_no_json_or_too_much_is_no_answer(session: KernelSession, answer: str) -> None:
    assert session.ask(f"def answer(question):\n    return {answer}\n", None, 5) is None
    assert session.ask(NAMES, "x_", 5) == []


def test_a_program_that_takes_too_long_is_interrupted(session: KernelSession) -> None:
    session.run("x_1 = 1")
    began = time.monotonic()
    assert session.ask(FOR_EVER, 1, 0.2) is None
    assert time.monotonic() - began < 3
    assert session.ask(NAMES, "x_", 5) == ["x_1"]


def test_a_kernel_that_no_interrupt_reaches_is_ended(session: KernelSession) -> None:
    deaf = "def answer(question):\n    return sum(range(10**18))\n"
    assert session.ask(deaf, None, 0.2) is None
    outcome = session.run("1")
    assert outcome.status is CellStatus.NOT_RUN
    assert "could not be interrupted" in (outcome.reason or "")
    assert session.ask(NAMES, "x_", 5) is None


@pytest.mark.parametrize(
    "cell",
    [
        "import os; os._exit(1)",
        "import sys\nclass Odd:\n  def flush(self): raise SystemExit\nsys.stdout = Odd()\n",
    ],
)
def test_a_dead_kernel_answers_nothing(session: KernelSession, cell: str) -> None:
    assert session.run(cell).status is CellStatus.KILLED
    assert session.ask(NAMES, "x_", 5) is None


def test_time_between_cells_is_not_the_stages(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    limits = Limits(stage_seconds=1.5)
    session = KernelExecutor(BWRAP).start(Workspace(folder=tmp_path / "work"), limits)
    time.sleep(1.6)
    assert session.run("import time; time.sleep(0.8)").status is CellStatus.OK
    assert session.run("time.sleep(0.8)").status is CellStatus.TIMEOUT
    session.close()


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "NaN", '"\\ud800"', 3, None])
def test_nothing_but_json_is_believed(text: object) -> None:
    assert asking.believed({"answer": text}) is None
