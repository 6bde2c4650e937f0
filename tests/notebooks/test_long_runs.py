"""Long runs of one thing take time in proportion: nothing that sees a model's text is quadratic.

Measured in processor seconds, since other programs may keep the machine busy. Something quadratic
takes minutes at this length.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from harness.executors import outputs
from harness.notebooks import installs, percent, replies, syntax, tracebacks
from harness.notebooks.notebook import Notebook
from harness.records import Cell, CellResult, CellStatus
from harness.runs import failures

LENGTH = 200_000  # characters
SHORTER = 40_000  # where much is looked at: a minute, if it were quadratic
BOUND = 5.0  # seconds; most take a tenth of one

RUNS = [
    *(" ", "'", '"', "'''", "`", "1", "[", "]", "(", "{", "\n", "\t", "\\", "<", "!", "%", "a."),
    *("```\n", "```python\n", "~~~\n", "````python\n```\n", "text ```python\n", "- ", "> "),
    *("<think>", "</think>", "<think>a</think>", "x <think>", "<!--\n", "[PYTHON]\n", "<code>\n"),
    *("```python\nx = '''\n```\n", "```markdown\n", "!pip install \\\n", "pip install x\n"),
    *("import os\n", "f(\n", "@a\n", ">>> x\n", "\u200b", "\x1b[", "a:1: ", "Cell In[1], line 1\n"),
]


def seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def result(text: str) -> CellResult:
    return CellResult(
        cell="s-001",
        step="s",
        first_line="x",
        status=CellStatus.ERROR,
        seconds=0,
        error="NameError",
        message=f"name '{text}",
        traceback=f"Cell In[{text}\n{text}",
    )


@pytest.mark.parametrize("run", RUNS)
def test_a_long_run_in_a_reply(run: str) -> None:
    text = run * (LENGTH // len(run))
    assert seconds(lambda: replies.cells_of("s", "p", text)) < BOUND
    fence = f"```python\n{text[:SHORTER]}\n```\n"
    assert seconds(lambda: replies.cells_of("s", "p", fence)) < BOUND


@pytest.mark.parametrize("run", RUNS)
def test_a_long_run_in_a_cell(run: str) -> None:
    text = run * (SHORTER // len(run))
    assert seconds(lambda: installs.runnable(f"!pip install x\n{text}")) < BOUND
    assert seconds(lambda: syntax.parses(text)) < BOUND
    assert seconds(lambda: syntax.logical_lines(text)) < BOUND
    assert seconds(lambda: syntax.bound_names(text)) < BOUND


@pytest.mark.parametrize("run", RUNS)
def test_a_long_run_in_an_output(run: str) -> None:
    text = run * (LENGTH // len(run))
    cell = Cell(id="s-001", kind="code", source=text, step="s", origin="fence")
    short = cell.model_copy(update={"source": text[:SHORTER]})
    assert seconds(lambda: tracebacks.innermost_line(result(text))) < BOUND
    assert seconds(lambda: tracebacks.error_of(result(text))) < BOUND
    assert seconds(lambda: failures.classify(Notebook((short,)), [result(text)])) < BOUND
    assert seconds(lambda: outputs.ANSI.sub("", text)) < BOUND
    assert seconds(lambda: outputs.WARNING.findall(text)) < BOUND
    assert seconds(lambda: percent.cells_of(percent.lines_of([cell]))) < BOUND


def test_a_number_in_a_traceback_may_be_of_any_length() -> None:
    text = f"Cell In[{'9' * 10_000}], line 1\n----> 1 x\n"
    assert tracebacks.innermost_line(result("").model_copy(update={"traceback": text})) is None
