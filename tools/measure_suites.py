"""What the embedded model scores on public problem files, alone and helped: docs/suite_results.md.

``python tools/measure_suites.py FOLDER``; ``make suites SUITES=FOLDER``. FOLDER holds the problem
files, and beside each, where there is one, ``NAME-valid*.json``, the list that ``harness suite
check`` writes of the problems that count here; without one it is made, in ``build``. LIMIT in the
environment says how many problems are drawn of each file. Given again after an interruption, or
with a larger LIMIT, it goes on; what others have stored in the project is shown too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from measure_workflow import MODEL, ROOT, harness

from harness import machine
from harness.records import Help
from harness.suites import reading, results, running, scores
from harness.suites.problems import ProblemId, Style, Suite
from harness.suites.results import ReplyLine
from harness.suites.scores import Judged, Paired

PAGE = ROOT / "docs/suite_results.md"
FILES = ("ds1000*.jsonl.gz", "MbppPlus*.jsonl", "HumanEvalPlus*.jsonl", "bigcodebench*.json")
LIMIT = "100"
HELP = ((), ("--candidates", "5"), ("--steer",))


class Run(NamedTuple):
    """A suite with some help: what was replied to whom, and the verdicts."""

    style: Style
    help: Help
    replies: Mapping[ProblemId, ReplyLine]
    judged: Sequence[Judged]

    @property
    def label(self) -> str:
        """Its help, in words."""
        return self.help.label or "alone"


class Measured(NamedTuple):
    """A suite: alone, and with each help that was measured, on the same problems."""

    name: str
    alone: Run
    helped: Sequence[Run]

    def by_group(self, other: Run) -> Iterator[tuple[str, Paired]]:
        """Alone and another run side by side: all problems first, then library by library."""
        libraries = sorted({one.library for one in self.alone.judged})
        for group in ["all", *(libraries if libraries[1:] else [])]:
            sides = [
                [one for one in run.judged if group in ("all", one.library)]
                for run in (self.alone, other)
            ]
            if found := scores.paired(*sides):
                yield group, found


def valid(file: Path, suite: Suite) -> Path:
    """The list of the problems that count on this machine."""
    given = sorted(file.parent.glob(f"{suite.name}-valid*.json"))
    path = given[0] if given else ROOT / f"build/{suite.name}-valid.json"
    if not path.exists():
        harness(ROOT, "suite", "check", str(file), "--out", str(path))
    return path


def measured(project: Path, suite: Suite) -> Measured | None:
    """What is stored of a suite; of each help the run that was begun last."""
    found: dict[str, Run] = {}
    for kept in results.stored(project):
        about = kept.about()
        if about.suite_sha256 != suite.sha256 or about.model.name != MODEL:
            continue
        if about.sampling.temperature == 0 and about.style == suite.style and kept.verdicts():
            replies = {problem: line for (problem, _), line in kept.replies().items()}
            run = Run(about.style, about.help, replies, running.stored(kept))
            found.setdefault(run.label, run)
    alone = found.pop("alone", None)
    return Measured(suite.name, alone, list(reversed(found.values()))) if alone else None


def page(found: Sequence[Measured]) -> str:
    """The page."""
    facts = machine.facts()
    about = f"{facts['processor']}, {facts['cores']} cores, {int(facts['memory']) / 1e9:.0f} GB"
    lines = [
        "# How the embedded model does on suites",
        "",
        f"Public problem files, answered by `{MODEL}`, greedy, alone and with help.",
        "With candidates several versions are written, and what the prompt shows chooses one;",
        "steered code runs while it is written, and where it fails the model takes another way.",
        "The problems are drawn at random of those whose reference passes here. The hidden tests",
        "judge, and no help sees them. [Suites](suites.md#help) says how it is done;",
        "`make suites SUITES=FOLDER` makes this page again.",
        "",
        *_scores(found),
        "",
        "The difference is that to alone, with an interval of 95 % over problems; p is of",
        "McNemar's exact test. Gained and lost are problems that only the one passes.",
        "",
        "## What the help did",
        "",
        *_work(found),
        "",
        "Tokens and characters are means of a problem. Comments that only the model sees count as",
        "tokens, and what was taken back does not.",
        "",
        "## What others published",
        "",
        "Values of other models, prompts and libraries, with weights that are not packed: a few",
        "percent between them and ours mean nothing. MBPP's prompts show one of their tests, so",
        "help that runs it knows more than a model that only reads it.",
        "",
        *_published(found),
        "",
        f"Measured on {about}, harness {machine.version()}.",
        "",
    ]
    return "\n".join(lines)


def _scores(found: Sequence[Measured]) -> Iterator[str]:
    yield "| suite | help | problems | alone | with help | difference | gained | lost | p |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in found:
        for run in one.helped:
            for group, pair in one.by_group(run):
                name = f"{one.name}, {run.style}" if group == "all" else f"– {group}"
                yield (
                    f"| {name} | {run.label} | {pair.problems} | {pair.first:.1%} "
                    f"| {pair.second:.1%} | {pair.difference:+.1%} ({pair.low:+.1%} to "
                    f"{pair.high:+.1%}) | {pair.gained} | {pair.lost} | {pair.p:.2g} |"
                )


def _work(found: Sequence[Measured]) -> Iterator[str]:
    yield "| suite | help | tokens | alone | characters taken back | steps back | guards fired |"
    yield "|---|---|---|---|---|---|---|"
    for one in found:
        for run in one.helped:
            both = one.alone.replies.keys() & run.replies.keys()
            told = [run.replies[each] for each in both]
            tokens = fmean(line.tokens for line in told)
            alone = fmean(one.alone.replies[each].tokens for each in both)
            back, steps, fired, false = (
                sum(line.helped.get(name, 0) for line in told)
                for name in ("characters_back", "steps_back", "fired", "false_alarms")
            )
            yield (
                f"| {one.name} | {run.label} | {tokens:.0f} | {alone:.0f} "
                f"| {back / len(told):.0f} | {steps:.0f} | {fired:.0f}, {false:.0f} of it false |"
            )


def _published(found: Sequence[Measured]) -> Iterator[str]:
    yield "| suite | model | style | pass@1 | source |"
    yield "|---|---|---|---|---|"
    for one in found:
        for run in (one.alone, *one.helped):
            score = scores.table(run.judged).scores[0]
            interval = f"{score.low:.1%} to {score.high:.1%}"
            yield (
                f"| {one.name} | **{MODEL}**, {run.label} | {run.style} | **{score.share:.1%}** "
                f"({interval}) | here, {score.problems} problems |"
            )
        for value in scores.published(one.name):
            yield (
                f"| {one.name} | {value.model} | {value.style} | {value.share:.1%} "
                f"| {value.source} |"
            )


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    project = ROOT / "build/measured"
    if not project.is_dir():
        harness(ROOT, "init", str(project))
    limit = os.environ.get("LIMIT", LIMIT)
    suites = [(file, reading.read(file)) for name in FILES for file in sorted(folder.glob(name))]
    for file, suite in suites if int(limit) else ():
        asked = ("--only", str(valid(file, suite)), "--limit", limit, "--model", MODEL)
        for help_ in HELP:
            harness(project, "suite", "run", str(file), *asked, *help_)
    PAGE.write_text(page([one for _, suite in suites if (one := measured(project, suite))]))
    print(f"Wrote {PAGE}")


if __name__ == "__main__":
    main()
