"""What a repaired notebook tells, folded, behind each cell that the model wrote again."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence

from harness.notebooks import marks, stored
from harness.notebooks.notebook import Notebook
from harness.records import RepairAttempt, Run


def of(
    raw: Notebook, sources: Mapping[str, str], attempts: Iterable[RepairAttempt]
) -> dict[str, str]:
    """A note for each rewritten cell, by its id: how it was asked for, and the code before."""
    made = list(attempts)
    return {
        name: _note(raw.sources[name], [one for one in made if one.cell == name])
        for name in sources
        if name in raw.sources
    }


def of_run(run: Run) -> dict[str, str]:
    """The notes of a stored run."""
    if run.repaired is None:
        return {}
    return of(stored.raw(run), run.repaired.sources, run.repaired.attempts)


def _note(before: str, attempts: Sequence[RepairAttempt]) -> str:
    kept = [one for one in attempts if one.kept]
    numbers = ", ".join(str(one.number) for one in kept)
    lines = ["<details>", f"<summary>Repaired by the model, attempt {numbers}</summary>", ""]
    for one in attempts:
        what = ": ".join(filter(None, (one.error, one.message))) or "a check spoke against it"
        came = "kept" if one.kept else f"not kept: {one.reason}"
        lines.append(f"- attempt {one.number}, for {_shown(what)}; {_shown(came)}")
        for fact in one.evidence:
            lines.append(f"  - told ({_shown(fact.kind)}): {_shown(fact.text)}")
    fence = marks.around(before)
    code = before.replace("<", "\u2039") if "</details" in before.lower() else before
    lines += ["", "Before:", "", f"{fence}python", code, fence, "", "</details>"]
    return "\n".join(lines)


def _shown(text: str, longest: int = 300) -> str:
    """Text of anybody's making as one line of Markdown that is only text."""
    words = " ".join(text.split())[:longest]
    return re.sub(r"([\\`*_\[\]|~$#])", r"\\\1", html.escape(words, quote=False))
