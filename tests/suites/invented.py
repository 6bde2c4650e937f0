"""Tiny problem files in the public formats, with invented problems."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

CONTEXT = '''
def generate_test_case(number):
    return [number, 2], sum([number, 2])

def exec_test(result, wanted):
    return int(result == wanted)

exec_context = r"""
numbers = test_input
[insert]
"""

def test_execution(solution):
    code = exec_context.replace("[insert]", solution)
    for i in range(2):
        test_input, wanted = generate_test_case(i + 1)
        env = {"test_input": test_input}
        exec(code, env)
        assert exec_test(env["result"], wanted)
'''
PROMPT = """Problem:
Add the numbers up.

A:
<code>
numbers = [1, 2]
</code>
result = ... # put solution in this variable
BEGIN SOLUTION
<code>
"""


def ds1000_row(number: int = 0, library: str = "Pandas", **changes: Any) -> dict[str, Any]:
    return {
        "prompt": PROMPT,
        "reference_code": "result = sum(numbers)",
        "metadata": {"problem_id": number, "library": library},
        "code_context": CONTEXT,
        **changes,
    }


def evalplus_row(**changes: Any) -> dict[str, Any]:
    return {
        "task_id": "Mbpp/9001",
        "prompt": '"""\nWrite a function that doubles a number.\nassert double(2) == 4\n"""\n',
        "entry_point": "double",
        "canonical_solution": "\ndef double(x):\n    return 2 * x\n",
        "base_input": [[2], [3]],
        "plus_input": [[0.1], [-1]],
        "atol": 0,
        "contract": "",
        "assertion": "assert double(2) == 4",
        **changes,
    }


BIG_TEST = """
import unittest
class TestCases(unittest.TestCase):
    def test_case_1(self):
        self.assertEqual(task_func(2), 4)
"""


def bigcodebench_row(**changes: Any) -> dict[str, Any]:
    return {
        "task_id": "BigCodeBench/9001",
        "complete_prompt": 'import math\n\ndef task_func(x):\n    """Double it."""\n',
        "instruct_prompt": "Double a number.",
        "code_prompt": "import math\ndef task_func(x):\n",
        "canonical_solution": "    return 2 * x\n",
        "test": BIG_TEST,
        "entry_point": "task_func",
        "libs": ["math", "pandas"],
        **changes,
    }


def write(path: Path, *rows: dict[str, Any]) -> Path:
    """As JSON lines, packed where the name says so; as one object where the name ends in .json."""
    if path.suffix == ".json":
        path.write_text(json.dumps({row["task_id"]: row for row in rows}))
        return path
    blob = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(blob) if path.suffix == ".gz" else blob)
    return path
