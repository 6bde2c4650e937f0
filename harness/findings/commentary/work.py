"""Work that the text says is done, without any call that could do it: fills, plots, encodings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from harness.findings import acts
from harness.findings.acts import Act
from harness.findings.commentary import claims, known, results, without
from harness.findings.commentary.works import WORK, Work
from harness.findings.steps import Remark, Step
from harness.findings.subject import Subject
from harness.records import Finding

RULE = "claims-work"
SAID = [(re.compile(rf"(?<![\w-])({one.said})(?![\w-])", re.IGNORECASE), one) for one in WORK]
OVER_AND_OVER = 3  # a comment that stands so often in a cell is one claim


def find(step: Step, subject: Subject) -> Iterator[Finding]:
    """Work is done where code that the text may speak of may do it, whatever that works on."""
    columns, there = known.columns(step, subject), acts.of(step)
    for remark in _said_once(step):
        taken: list[claims.Mention] = []
        for one, why in (
            *((one, "no call of the step can do it") for one in _works(step, remark, there)),
            *((one, "no code takes it out") for one in without.kept(step, remark, columns)),
            *(
                (one, "nothing in the code does that")
                for one in results.missing(step, remark, there)
            ),
        ):
            if not any(one.start < other.end and other.start < one.end for other in taken):
                taken.append(one)
                message = f"The text says '{one.name}', and {why}."
                yield claims.finding(RULE, remark, one, message)


def _said_once(step: Step) -> Iterator[Remark]:
    counts = Counter((one.cell, one.text) for one in step.told)
    seen = set()
    for remark in step.told:
        words = remark.cell, remark.text
        if words not in seen or counts[words] < OVER_AND_OVER:
            yield remark
        seen.add(words)


def _works(step: Step, remark: Remark, there: Sequence[Act]) -> Iterator[claims.Mention]:
    # What is denied may be part of the work: "check that no value is missing".
    said, claimed = claims.said(remark), claims.claims(remark)
    for pattern, work in SAID:
        for one in claims.mentions(pattern, said):
            if one.start < len(claimed) and _is_missing(work, pattern, step, remark, there):
                yield one


def _is_missing(
    work: Work, said: re.Pattern[str], step: Step, remark: Remark, there: Sequence[Act]
) -> bool:
    own = acts.block(step, remark, there)
    if work.beside:
        code = "\n".join([step.beside(remark), *(one.text for one in own)])
    else:
        code = "\n".join(acts.behind(step, remark, there, said))
    if acts.calls_elsewhere(step, code):
        return False
    # What a function is called does nothing; what it does stands beside the call.
    own_names = [re.escape(name) for name in acts.functions(step.code)]
    if own_names:
        code = re.sub(rf"(?<![.\w])(?:{'|'.join(own_names)})\b", "_", code)
    return not known.has(work.done, code) and known.has(work.instead, code)
