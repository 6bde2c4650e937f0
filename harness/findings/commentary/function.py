"""Functions that the text says are called, and that no code names, or only that of another step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.findings import acts
from harness.findings.commentary import claims, known, names
from harness.findings.steps import WORD, Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-function"
# As a text says by what something is done, also behind another name of the same list.
USING = re.compile(
    r"\b(?:using|by|via|with|through|calls|uses) (?:the )?"
    r"(?:`[\w.]+(?:\(\))?`,? (?:and |or )?(?:the )?)*`$",
    re.IGNORECASE,
)


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """A function counts as called where any code up to the step, or the kernel, knows its name."""
    there = known.names(step, subject)
    own: frozenset[str] = frozenset()
    for remark in step.remarks:
        for one in names.functions(remark):
            last = one.name.rpartition(".")[2]
            if last.lower() not in there:
                near = claims.nearest(last, step.words)
                message = f"The text says that {one.name} is called, and no code names it."
                yield claims.finding(RULE, remark, one, message, near=near)
            elif last in names.CALLS and USING.search(remark.text[: one.start]):
                own = own or _own_words(step)
                if last not in own:
                    message = f"The text says that {one.name} is used, and the step does not."
                    yield claims.finding(RULE, remark, one, message)


def _own_words(step: Step) -> frozenset[str]:
    """The words of the step's code, of what it draws on, and of files that it may import."""
    files = (one.source for one in step.before if one.file is not None)
    texts = [step.text, *(one.text for one in acts.of(step)), *files]
    return frozenset(word for text in texts for word in WORD.findall(text))
