"""When the prompt is longer than the code that it saves, said in words."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from harness.analysis.ladder.gains import Gain
from harness.analysis.ladder.rows import Row
from harness.analysis.ladder.samples import Sample

LEAST_LINES = 0.05  # of a notebook; fewer are none


def of_prompts(
    rows: Sequence[Row], gains: Sequence[Gain], samples: Sequence[Sample]
) -> Iterator[str]:
    """A sentence for each rung but the first: what more it tells, and what that saves a human.

    ``rows`` are those of all stages and tables together.
    """
    for row in rows[1:]:
        found = {
            one.measure: one
            for one in gains
            if (one.rung, one.over) == (row.rung, rows[0].rung)
            and (one.dataset, one.stage) == (row.dataset, row.stage)
        }
        if "human_lines" not in found or "prompt_tokens" not in found:
            continue
        lines, more = -found["human_lines"].mean, found["prompt_tokens"].mean
        tokens = [one.line_tokens for one in samples if one.rung == row.rung and one.line_tokens]
        each = statistics.fmean(tokens) if tokens else 0.0
        yield _sentence(row.rung, rows[0].rung, lines, more, each, found["human_lines"])


def _sentence(rung: str, first: str, lines: float, more: float, each: float, gain: Gain) -> str:
    told = f"{rung} tells the model {abs(more):,.0f} tokens {'more' if more >= 0 else 'less'}"
    told += f" a notebook than {first}"
    if lines < LEAST_LINES:
        change = (
            "saves no human line"
            if lines > -LEAST_LINES
            else f"needs {-lines:.1f} human lines more"
        )
        return f"{told} and {change}"
    doubt = ""
    is_unsure = gain.low is not None and gain.high is not None and gain.low <= 0 <= gain.high
    if is_unsure or gain.clusters < 2:
        doubt = ", which these runs cannot tell from none"
    saved = f"{told} and saves {lines:.1f} human lines, about {lines * each:,.0f} tokens{doubt}"
    if more <= 0:
        return saved
    longer = "longer" if more > lines * each else "shorter"
    return f"{saved}: the prompt is {longer} than the code it saves"
