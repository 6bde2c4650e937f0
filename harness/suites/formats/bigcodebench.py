"""BigCodeBench (Zhuo et al. 2024): JSON, problems by their ids, each with a class of unit tests."""

from __future__ import annotations

import ast

from harness.suites.formats import finder
from harness.suites.problems import Entry, Judged, Problem, Style

STYLE: Style = "completion"
STOPS = ("\ndef ", "\nclass ", "\nif __name__", "\nprint(", "\nimport ", "\nfrom ", "\nassert ")
RUN = """
import sys as _sys, types as _types, unittest as _unittest
_module = _types.ModuleType("answer")
_sys.modules["answer"] = _module
exec(compile(answer + "\\n" + _tests, "answer.py", "exec"), _module.__dict__)
_suite = _unittest.defaultTestLoader.loadTestsFromModule(_module)
_result = _unittest.TestResult()
_suite.run(_result)
for _case, _said in (*_result.errors, *_result.failures):
    _last = [line for line in _said.splitlines() if line.strip()][-1]
    _name = _last.partition(":")[0].strip().rpartition(".")[2]
    raise type(_name, (Exception,), {})(f"{_case}: {_last}")
assert _result.testsRun and _result.wasSuccessful(), "no test ran"
"""


def recognises(row: finder.Row) -> bool:
    """Whether it is a row of such a file."""
    return {"complete_prompt", "instruct_prompt", "test", "canonical_solution"} <= row.keys()


def entry(row: finder.Row) -> Entry:
    """A row as a problem. Raises KeyError, TypeError or ValueError."""
    prompt = str(row["complete_prompt"])
    libraries = row["libs"]  # a list; in the suite's own files, the text of one
    libraries = ast.literal_eval(libraries) if isinstance(libraries, str) else libraries
    setup, _, _ = str(row["code_prompt"]).rpartition(f"def {row['entry_point']}(")
    return Entry(
        problem=Problem(
            id=str(row["task_id"]),
            library=_group([str(one) for one in libraries]),
            prompt=prompt,
            opening=prompt,
            question=finder.question("bigcodebench", prompt=str(row["instruct_prompt"])),
            setup=setup,
            entry_point=str(row["entry_point"]),
            stops=STOPS,
            whole=True,
        ),
        judged=Judged(
            test=f"_tests = {str(row['test'])!r}\n{RUN}",
            solution=prompt + str(row["canonical_solution"]),
        ),
    )


def _group(libraries: list[str]) -> str:
    """One library of several: the one that tells most of what the problem is about."""
    known = ("pandas", "sklearn", "matplotlib", "seaborn", "numpy", "scipy")
    return next((one for one in known if one in libraries), "others")


def code(problem: Problem, reply: str, style: Style) -> str:
    """The program that a reply means: the prompt goes before a completion."""
    if style == "chat":
        return finder.code_of_chat(reply)
    return problem.prompt + finder.cut(reply, problem.stops)
