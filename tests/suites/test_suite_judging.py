"""Answers beside hidden tests, in the real sandbox: whatever an answer does is a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from suites.invented import bigcodebench_row, ds1000_row, evalplus_row, write

from harness import wiring
from harness.suites import judging, reading
from harness.suites.problems import Entry, Verdict


def judged(entry: Entry, *answers: str, seconds: float = 20, workers: int = 1) -> list[Verdict]:
    found: dict[int, Verdict] = {}
    cases = [judging.Case(number, entry, code) for number, code in enumerate(answers)]
    judging.judge(
        cases,
        wiring.executor(unsafe=False),
        lambda case, verdict: found.update({case.key: verdict}),
        seconds=seconds,
        workers=workers,
    )
    return [found[number] for number in range(len(answers))]


def entry(tmp_path: Path, row: dict[str, Any]) -> Entry:
    return reading.read(write(tmp_path / "one.jsonl", row)).entries[0]


@pytest.mark.parametrize("row", [ds1000_row(), evalplus_row(), bigcodebench_row()])
def test_the_reference_passes_and_an_empty_or_wrong_answer_does_not(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    one = entry(tmp_path, row)
    good, wrong, none = judged(one, one.judged.solution, "result = 7", "  \n")
    assert good.passed, good
    assert not wrong.passed
    assert wrong.error in {"AssertionError", "KeyError", "NameError"}
    assert (none.passed, none.error) == (False, "no code")


HOSTILE = {
    "import os; os._exit(0)": "exit",
    "raise SystemExit(0)": "SystemExit",
    "while True: pass": "timeout",
    "import time\ntry:\n    time.sleep(99)\nexcept BaseException:\n    pass": "timeout",
    "import os\nos.kill(os.getpid(), 9)": "killed",
    "import os\nos.kill(os.getppid(), 9)": "killed",
    "import os\nos.kill(-1, 9)": "killed",
    "x = bytearray(64 << 30)": "MemoryError",
    "import os\nfor _ in range(40):\n    if os.fork() == 0:\n        os.setsid()\n"
    "        while True: pass\nresult = -1": "AssertionError",
    "import sys\nwhile True: print('x' * 10**6, flush=True)": "timeout",
    "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'{}' * 9)\n"
    "    except OSError: pass\nresult = -1": "exit",
    "raise type('E\\n' * 100, (Exception,), {})('\\x1b[31m' * 999)": None,
    "class E(Exception):\n    def __str__(self): raise E\nraise E": None,
    "\0": "SyntaxError",
    "(" * 5000: None,
}


def test_whatever_an_answer_does_is_a_verdict_and_the_next_is_judged(tmp_path: Path) -> None:
    one = entry(tmp_path, ds1000_row())
    good = one.judged.solution
    answers = [code for bad in HOSTILE for code in (bad, good)]
    found = judged(one, *answers, seconds=2)
    wrong = {
        bad[:40]: verdict
        for (bad, error), verdict in zip(HOSTILE.items(), found[::2], strict=True)
        if verdict.passed or (error is not None and verdict.error != error)
    }
    assert wrong == {}
    assert [verdict for verdict in found[1::2] if not verdict.passed] == []
    assert all("\n" not in one.message and "\x1b" not in one.message for one in found)


def test_what_one_answer_changes_the_next_does_not_see(tmp_path: Path) -> None:
    one = entry(tmp_path, ds1000_row())
    breaks = "import builtins, json\nbuiltins.sum = json.dumps = None\nopen('numbers.py', 'w')\n"
    sees = "import os\nassert os.listdir() == []\nresult = sum(numbers)"
    assert [one.passed for one in judged(one, breaks + "result = 0", sees)] == [False, True]


def test_an_answer_that_brings_its_own_module_changes_no_judge(tmp_path: Path) -> None:
    one = entry(tmp_path, ds1000_row())
    brings = (
        "open('../json.py', 'w').write('raise SystemExit')\nimport os\nos.kill(os.getppid(), 9)"
    )
    assert [v.passed for v in judged(one, brings, one.judged.solution)] == [False, True]


def test_answers_side_by_side_have_their_own_verdicts(tmp_path: Path) -> None:
    one = entry(tmp_path, ds1000_row())
    answers = ["result = sum(numbers)" if n % 2 else "result = None" for n in range(8)]
    assert [v.passed for v in judged(one, *answers, workers=2)] == [bool(n % 2) for n in range(8)]


def test_every_input_counts_and_floats_may_differ_a_little(tmp_path: Path) -> None:
    one = entry(tmp_path, evalplus_row())
    near = "def double(x):\n    return x * (2 + 1e-9)"
    base_only = "def double(x):\n    return 2 * x if x in (2, 3) else None"
    lists = "def double(x):\n    return [2 * x]"
    other_name = "def twice(x):\n    return 2 * x"
    found = judged(one, near, base_only, lists, other_name)
    assert [v.passed for v in found] == [False, False, False, False]
    floats = entry(tmp_path, evalplus_row(base_input=[[0.5]], plus_input=[[0.25]]))
    assert judged(floats, near)[0].passed


def test_a_failing_unit_test_is_told_by_its_error(tmp_path: Path) -> None:
    one = entry(tmp_path, bigcodebench_row())
    wrong, raises, no_test = (
        *judged(one, "def task_func(x): return 5", "def task_func(x): return {}[x]"),
        *judged(entry(tmp_path, bigcodebench_row(test="")), one.judged.solution),
    )
    assert (wrong.error, raises.error, no_test.error) == (
        "AssertionError", "KeyError", "AssertionError"
    )  # fmt: skip
