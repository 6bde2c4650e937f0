"""What a kernel holds is seen in milliseconds, and whatever cells put there is harmless."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import pytest

from harness.executors.kernels import KernelExecutor
from harness.executors.sandbox import BWRAP
from harness.executors.session import KernelSession
from harness.records import Limits, Observation, Variable, Workspace
from harness.steering import observing
from harness.steering.kernel import WorkingKernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkingKernel]:
    folder = tmp_path_factory.mktemp("observing") / "work"
    table = folder.with_name("table.csv")
    table.write_text("a\n1\n")
    executor = KernelExecutor(BWRAP)

    def start() -> KernelSession:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        workspace = Workspace(folder=folder, inputs={"table.csv": table})
        return executor.start(workspace, Limits())

    made = WorkingKernel(start, ("table.csv",))
    assert made.run("import sys, pandas as pd, numpy as np\nfrom math import sqrt").ok
    yield made
    made.close()


def seen(kernel: WorkingKernel, cell: str) -> dict[str, Variable]:
    tried = kernel.run(cell)
    assert tried.ok, tried.outcome
    began = time.monotonic()
    found = kernel.observe()
    assert time.monotonic() - began < 4  # beside whatever else this machine does
    assert found.problem is None
    return {one.name: one for one in found.variables}


def test_a_table_is_seen_with_its_columns_values_and_nulls(kernel: WorkingKernel) -> None:
    found = seen(kernel, "df = pd.DataFrame({'a': [1.5, None, 3], 'b': ['x', 'x', None]})")["df"]
    assert (found.type, found.shape) == ("pandas.DataFrame", (3, 2))
    told = [(one.name, one.dtype, one.nulls, one.values) for one in found.columns]
    assert told == [("a", "float64", 1, ("1.5", "3.0")), ("b", "str", 1, ("'x'",))]


def test_functions_imports_plain_values_and_files(kernel: WorkingKernel) -> None:
    cell = (
        "def f(x, *more, y=[1], **rest): pass\nclass C:\n  def __init__(self, n=2): pass\n"
        "values = {'k': (1, None)}\nbig = 10**5000\narray = np.ones((2, 3))\n"
        "open('made.txt', 'w').write('four')\nopen('table.csv').read()"
    )
    found = seen(kernel, cell)
    assert found["f"].signature == "(x, *more, y=[1], **rest)"
    assert found["C"].signature == "(self, n=2)"
    assert (found["values"].value, found["values"].shape) == ("{'k': (1, None)}", (1,))
    assert found["big"].value is None
    assert (found["array"].shape, found["array"].dtype) == ((2, 3), "float64")
    observed = kernel.observe()
    assert observed.imports["pd"] == "pandas"
    assert observed.imports["sqrt"] == "math.sqrt"
    assert len({one.name for one in observed.variables}) == len(observed.variables)
    assert [(one.name, one.size) for one in observed.files] == [("made.txt", 4)]


@pytest.mark.parametrize(
    "body",
    [
        "def __repr__(self): raise SystemExit",
        "def __getattribute__(self, name): raise KeyboardInterrupt",
        "def __getattr__(self, name):\n    while True: pass",
        "def __dir__(self): return [1, None]\n  @property\n  def shape(self): return (10**9,)",
        "__class__ = pd.DataFrame\n  shape = columns = dtypes = None",
        "def __len__(self): return -1\n  def __eq__(self, other): 1 / 0\n  __hash__ = None",
        "__module__ = property(lambda self: 1 / 0)",
    ],
)
def test_nothing_of_an_object_is_called(kernel: WorkingKernel, body: str) -> None:
    found = seen(kernel, f"class Odd:\n  {body}\nodd = Odd(); held = [odd]; after = 3")
    assert found["odd"].shape is None
    assert found["odd"].type in {"Odd", "an unnamed type"}
    assert found["after"].value == "3"


def test_a_metaclass_lies_to_nobody(kernel: WorkingKernel) -> None:
    cell = (
        "class Meta(type):\n  __module__ = property(lambda c: 1 / 0)\n"
        "  __mro__ = __name__ = property(lambda c: 1 / 0)\n"
        "  def __eq__(c, o): 1 / 0\n  __hash__ = type.__hash__\n"
        "class Lying(metaclass=Meta): pass\nlying = Lying()"
    )
    assert seen(kernel, cell)["lying"].type == "Lying"


def test_columns_of_any_kind(kernel: WorkingKernel) -> None:
    cell = (
        "class Name:\n  def __repr__(self): 1 / 0\n  def __hash__(self): return 1\n"
        "odd = pd.DataFrame([[1] * 8], columns=['q\"', 'n\\nl', '💥', 'd', 'd', 7, None, Name()])\n"
        "odd['🦆\\ud800'] = 1"
    )
    names = [one.name for one in seen(kernel, cell)["odd"].columns]
    assert names == ['q"', "n\nl", "💥", "d", "d", "7", "None", "<Name>", "🦆?"]


def test_ten_thousand_columns_are_told_as_far_as_there_is_room(kernel: WorkingKernel) -> None:
    found = seen(kernel, "wide = pd.DataFrame(np.ones((50, 10_000))).add_prefix('c' * 50)")["wide"]
    assert found.shape == (50, 10_000)
    assert len(found.columns) + found.columns_left == 10_000
    assert len(found.columns) >= 50


def test_of_many_names_those_of_the_last_cells_are_told(kernel: WorkingKernel) -> None:
    kernel.run("globals().update({f'many_{i}': i for i in range(5_000)})")
    found = seen(kernel, "last = 1")
    assert next(iter(found)) == "last"
    assert kernel.observe().variables_left > 4_000
    assert kernel.run("for i in range(5_000): del globals()[f'many_{i}']").ok


def test_who_hangs_inside_pandas_is_given_up_in_time(kernel: WorkingKernel) -> None:
    cell = (
        "true = pd.DataFrame.dtypes\nclass Hang(pd.DataFrame): pass\n"
        "def hang(self):\n  while True: pass\n"
        "pd.DataFrame.dtypes = property(hang)\nbefore = 1"
    )
    kernel.run("df = pd.DataFrame({'a': [1]})")
    found = seen(kernel, cell)
    assert found["before"].value == "1"
    kernel.run("pd.DataFrame.dtypes = true")


@pytest.mark.parametrize(
    "answer",
    [3, {"variables": [{"name": 3}]}, {"variables": [{"name": "x" * 999, "type": "t"}]}, {"n": 1}],
)
def test_an_answer_of_any_kind_is_data(answer: object) -> None:
    found = observing.observe(lambda *_: answer, ["x = ("], [])
    assert found == Observation(problem=observing.ODD_ANSWER)


def test_names_are_told_from_the_last_statement_on() -> None:
    asked: list[object] = []
    ran = ["a = 1\na = 0\nb = 2", "df['x'] = a", "%magic", "def f(): pass"]
    observing.observe(lambda program, question, seconds: asked.append(question), ran, [])
    assert isinstance(asked[0], dict)
    assert asked[0]["first"] == ["f", "df", "b", "a"]
