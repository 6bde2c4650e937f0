"""A completion is steered as the rest of a code cell, and places are those of the reply."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from steering.plays import FakeKernel, failed, play
from suites.invented import PROMPT, bigcodebench_row, ds1000_row, evalplus_row, write

from harness import files, wiring
from harness.records import SteeringKind
from harness.steering.judge import Judge
from harness.suites import helping, reading
from harness.suites.helping import Desk, SteeredProblem
from harness.suites.problems import Problem, Style


def problem(tmp_path: Path, **changes: object) -> Problem:
    return reading.read(write(tmp_path / "d.jsonl", ds1000_row(**changes))).problems[0]


def test_a_failing_statement_of_a_completion_is_stepped_back_from_in_place() -> None:
    wrong = failed("AttributeError", "no such attribute", (1, 9, 1, 14))
    kernel = FakeKernel({"b = a.nosuch": wrong})
    watcher = SteeredProblem(Judge(kernel), helping.FENCE)
    text = "a = 1\nb = a.nosuch\n"
    done = play(watcher, text, "other\n")
    assert done.backs
    assert all(0 <= back.keep <= len(text) for back in done.backs)
    assert done.text.startswith("a = 1\nb = a")
    assert kernel.ran[0] == "a = 1"
    assert watcher.told["steps_back"] == len(done.backs)


def test_what_stands_before_the_reply_is_never_taken_back() -> None:
    kernel = FakeKernel({"import nothing": failed("ModuleNotFoundError", "nothing")})
    watcher = SteeredProblem(Judge(kernel), "```python\nimport nothing\n")
    assert play(watcher, "x = 1\n").backs == []


def test_code_that_is_open_at_the_prompts_end_stands_before_a_completion(tmp_path: Path) -> None:
    assert helping.opening(problem(tmp_path), "completion") == "```python\n"
    inside = "A:\n<code>\nx = 1\ndef f(x=x):\n    ### BEGIN SOLUTION"
    opened = helping.opening(problem(tmp_path, prompt=inside), "completion")
    assert opened == "```python\ndef f(x=x):\n    ### BEGIN SOLUTION"
    whole = reading.read(write(tmp_path / "b.jsonl", bigcodebench_row())).problems[0]
    assert helping.opening(whole, "completion").endswith(whole.prompt)
    assert helping.opening(whole, "chat") == ""


def test_the_set_up_is_there_and_its_kernel_ends_with_the_reply(tmp_path: Path) -> None:
    with files.Scratch() as folder:
        folder.chmod(0o711)
        executor = wiring.executor(unsafe=False)
        desk = Desk(executor, folder, "completion", SteeringKind.TOKENS)
        asked = problem(tmp_path, prompt=PROMPT.replace("numbers = [1, 2]", "numbers = [4, 2]"))
        watcher = desk.watch(asked, 1)
        try:
            text = "result = max(numbers) + 1\nassert result == 5\n"
            assert play(watcher, text, size=40).backs == []
            assert watcher.told["statements"] == 2
            assert watcher.told["left"] == 0
        finally:
            watcher.close()
            executor.close()


def test_where_the_set_up_does_not_run_nothing_is_said(tmp_path: Path) -> None:
    with files.Scratch() as folder, contextlib.closing(wiring.executor(unsafe=False)) as executor:
        folder.chmod(0o711)
        asked = problem(
            tmp_path, prompt=PROMPT.replace("numbers = [1, 2]", "numbers = load_data()")
        )
        watcher = Desk(executor, folder, "completion", SteeringKind.TOKENS).watch(asked, 1)
        with contextlib.closing(watcher):
            assert play(watcher, "result = max(numbers) + 1\n", size=40).backs == []
            assert dict(watcher.told) == {"unwatched": 1}


WRONG, RIGHT = "    return x + 1\n", "    return 2 * x\n"


@pytest.mark.parametrize("style", ["chat", "completion"])
def test_a_function_that_its_own_example_speaks_against_is_written_anew(
    tmp_path: Path, style: Style
) -> None:
    row = evalplus_row()
    head = "def double(x):\n"
    if style == "completion":
        row["prompt"] = f'{head}    """Double it.\n\n    >>> double(2)\n    4\n    """\n'
    asked = reading.read(write(tmp_path / "e.jsonl", row)).problems[0]
    replies = {"chat": f"```python\n{head}{{}}```\n", "completion": "{}"}
    with files.Scratch() as folder, contextlib.closing(wiring.executor(unsafe=False)) as executor:
        folder.chmod(0o711)
        watcher = Desk(executor, folder, style, SteeringKind.TOKENS).watch(asked, 1)
        with contextlib.closing(watcher):
            back = watcher.look(replies[style].format(WRONG), ended=True)
            assert back is not None
            assert (back.hidden, "double(2)" in back.insert) == (True, True)
            assert "AssertionError: it is 3" in back.insert
            assert back.keep == replies[style].find("{}") - len(head) * (style == "chat")
            assert watcher.look(replies[style].format(RIGHT), ended=True) is None
            assert watcher.told["steps_back"] == 1
