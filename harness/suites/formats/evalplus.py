"""HumanEval(+) and MBPP(+) as EvalPlus (Liu et al. 2023) has them: JSON lines with inputs.

An answer is compared with the reference on every input, by the rules of EvalPlus' own evaluation
(``program_evalplus.py``). JSON knows neither tuples nor sets nor complex numbers:
``evalplus_inputs.json`` says of which problems the inputs are such, from EvalPlus' own reader.
"""

from __future__ import annotations

import json
from typing import Any

from harness.suites.formats import finder
from harness.suites.problems import Entry, Judged, Problem, Style

STYLE: Style = "chat"
STOPS = ("\nif __name__", "\ndef main(", "\nprint(", "\nassert", "\n#", "\n```", "<|endoftext|>")
OF_A_BODY = ("\ndef ", "\nclass ", "\nimport ", "\nfrom ")  # the prompt ends inside a function
OF_A_DOCSTRING = ('\n"""',)  # the prompt is a docstring, and the whole function follows
CHECKER = (finder.FOLDER / "program_evalplus.py").read_text()
KINDS: dict[str, list[str]] = json.loads((finder.FOLDER / "evalplus_inputs.json").read_text())


def recognises(row: finder.Row) -> bool:
    """Whether it is a row of such a file."""
    return {"prompt", "entry_point", "canonical_solution", "base_input", "plus_input"} <= row.keys()


def entry(row: finder.Row) -> Entry:
    """A row as a problem. Raises KeyError or TypeError."""
    task, prompt, name = str(row["task_id"]), str(row["prompt"]), str(row["entry_point"])
    is_body = f"def {name}" in prompt
    solution = prompt + str(row["canonical_solution"])
    about: dict[str, Any] = {
        "entry_point": name,
        "inputs": [*row["base_input"], *(row["plus_input"] or ())],
        "atol": float(row["atol"]),
        "kind": next((kind for kind, tasks in KINDS.items() if task in tasks), None),
        "solution": solution,
    }
    return Entry(
        problem=Problem(
            id=task,
            library=task.partition("/")[0],
            prompt=prompt,
            opening=prompt,
            question=finder.question("evalplus", prompt=prompt),
            setup=prompt.partition(f"def {name}")[0] if is_body else "",
            entry_point=name,
            examples=finder.examples(prompt),
            stops=(*STOPS, *(OF_A_BODY if is_body else OF_A_DOCSTRING)),
            whole=True,
        ),
        judged=Judged(
            test=f"{CHECKER}\n_about = {json.dumps(about)!r}\ncheck(answer, _about)\n",
            solution=solution,
        ),
    )


def code(problem: Problem, reply: str, style: Style) -> str:
    """The program that a reply means: the prompt goes before a completion."""
    if style == "chat":
        return finder.code_of_chat(reply)
    return problem.prompt + finder.cut(reply, problem.stops)
