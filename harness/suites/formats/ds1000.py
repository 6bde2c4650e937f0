"""DS-1000 (Lai et al. 2022): JSON lines, each with a prompt and a program that tests what follows.

A completion is the code between the prompt's last ``<code>`` and ``</code>``, or what comes after
``# SOLUTION START``. Its post-processing is that of the suite's own evaluation.
"""

from __future__ import annotations

import re

from harness.suites.formats import finder
from harness.suites.problems import Entry, Judged, Problem, Style

STYLE: Style = "completion"
CODE, CODE_END = "<code>", "</code>"
STOPS = (CODE_END, "# SOLUTION END", "\nEND SOLUTION", "### END SOLUTION")
MARK = "# SOLUTION START"
WANTED = re.compile(r"^(\w+) = \.\.\. # put solution", re.MULTILINE)
FUNCTION = "\ndef f("
AROUND = re.compile(r'exec_context = r"""(.*?)\[insert\]', re.DOTALL)


def recognises(row: finder.Row) -> bool:
    """Whether it is a row of such a file."""
    return {"prompt", "code_context", "reference_code", "metadata"} <= row.keys()


def entry(row: finder.Row) -> Entry:
    """A row as a problem. Raises KeyError or TypeError."""
    context, prompt = str(row["code_context"]), str(row["prompt"])
    test = f"{context}\ntest_execution(answer)\n"
    if "def test_string(" in context:
        test += "test_string(answer)\n"
    return Entry(
        problem=Problem(
            id=str(row["metadata"]["problem_id"]),
            library=str(row["metadata"]["library"]),
            prompt=prompt,
            question=finder.question("ds1000", prompt=prompt),
            setup=setup(prompt),
            opening=prompt[prompt.rfind(FUNCTION) + 1 :] if is_function(prompt) else "",
            leaves=("f()",) if is_function(prompt) else tuple(WANTED.findall(prompt)),
            stops=STOPS,
        ),
        judged=Judged(
            test=test,
            solution=str(row["reference_code"]),
            ahead=finder.imports(context, *_around(context)),
        ),
    )


def _around(context: str) -> list[str]:
    """What is executed before a solution in its place; in one kind, that is in a function."""
    found = AROUND.search(context)
    before = found[1] if found else ""
    return [before, f"{before}    pass\n"]


def setup(prompt: str) -> str:
    """The code in a prompt that comes before what is asked for."""
    if CODE not in prompt:
        return prompt.partition(MARK)[0]
    block = prompt.partition(CODE)[2].partition(CODE_END)[0]
    return block.partition(FUNCTION)[0].strip("\n") + "\n"


def is_function(prompt: str) -> bool:
    """Whether the prompt ends inside a function."""
    return FUNCTION in prompt.rpartition(CODE)[2]


def code(_problem: Problem, reply: str, style: Style) -> str:
    """The code of a reply, to be put where the solution goes."""
    if style == "chat" and "```" in reply:
        reply = finder.code_of_chat(reply)
    reply = finder.cut(reply, (CODE_END, "# SOLUTION END")).replace("```python", "")
    return finder.cut(reply, ("```", "\nEND SOLUTION")).replace(CODE, "")
