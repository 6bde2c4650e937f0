"""What the embedded model scores on public problem files, alone and steered: docs/suite_results.md.

``python tools/measure_suites.py FOLDER``; ``make suites SUITES=FOLDER``. FOLDER holds the problem
files, and beside each, where there is one, ``NAME-valid*.json``, the list that ``harness suite
check`` writes of the problems that count here; without one it is made, in ``build``. LIMIT in the
environment says how many problems are drawn of each file. Given again after an interruption, or
with a larger LIMIT, it goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from measure_workflow import MODEL, ROOT, harness

from harness import machine
from harness.suites import reading, results, running, scores
from harness.suites.problems import Suite
from harness.suites.results import Asked, ReplyLine, Results
from harness.suites.scores import Judged, Paired

PAGE = ROOT / "docs/suite_results.md"
FILES = ("ds1000*.jsonl.gz", "MbppPlus*.jsonl", "HumanEvalPlus*.jsonl", "bigcodebench*.json")
LIMIT = 100


class Side(NamedTuple):
    """A run of a suite, on the problems that both sides answered."""

    about: Asked
    replies: Sequence[ReplyLine]
    judged: Sequence[Judged]


class Pair(NamedTuple):
    """A suite without help and steered, greedy both, on the same problems."""

    name: str
    plain: Side
    steered: Side

    def by_group(self) -> Iterator[tuple[str, Paired]]:
        """The two side by side: all problems first, then library by library."""
        libraries = sorted({one.library for one in self.plain.judged})
        for group in ["all", *(libraries if libraries[1:] else [])]:
            sides = [
                [one for one in side.judged if group in ("all", one.library)]
                for side in (self.plain, self.steered)
            ]
            found = scores.paired(*sides)
            if found:
                yield group, found


def valid(file: Path, suite: Suite) -> Path:
    """The list of the problems that count on this machine."""
    given = sorted(file.parent.glob(f"{suite.name}-valid*.json"))
    path = given[0] if given else ROOT / f"build/{suite.name}-valid.json"
    if not path.exists():
        harness(ROOT, "suite", "check", str(file), "--out", str(path))
    return path


def pair(project: Path, suite: Suite) -> Pair | None:
    """What is stored of a suite, as far as both sides have answered."""
    found = {
        kept.about().help.steer: kept
        for kept in reversed(results.stored(project))
        if kept.about().suite_sha256 == suite.sha256 and kept.about().model.name == MODEL
    }
    if len(found) < 2:
        return None
    both = found[False].verdicts().keys() & found[True].verdicts().keys()
    return Pair(suite.name, _side(found[False], both), _side(found[True], both)) if both else None


def _side(kept: Results, both: Iterable[tuple[str, int]]) -> Side:
    keys, replies = set(both), kept.replies()
    judged = [one for one in running.stored(kept) if (one.problem, one.seed) in keys]
    return Side(kept.about(), [replies[key] for key in sorted(keys)], judged)


def page(pairs: Sequence[Pair]) -> str:
    """The page."""
    facts = machine.facts()
    about = f"{facts['processor']}, {facts['cores']} cores, {int(facts['memory']) / 1e9:.0f} GB"
    lines = [
        "# How the embedded model does on suites",
        "",
        f"Public problem files, answered by `{MODEL}`, greedy, once as it is and once with",
        "`--steer`: its code runs while it is written, and where it fails the model takes another",
        "way. The problems are drawn at random of those whose reference passes here. Hidden tests",
        "judge, and no help sees them. [Suites](suites.md) says how it is done;",
        "`make suites SUITES=FOLDER` makes this page again.",
        "",
        *_scores(pairs),
        "",
        "The difference is steered minus alone, with an interval of 95 % over problems; p is of",
        "McNemar's exact test. Gained and lost are the problems that only the one side passes.",
        "",
        "## What steering did",
        "",
        *_work(pairs),
        "",
        "## What others published",
        "",
        "Values of other models, prompts and libraries, with weights that are not packed: a few",
        "percent between them and ours mean nothing.",
        "",
        *_published(pairs),
        "",
        f"Measured on {about}, harness {machine.version()}.",
        "",
    ]
    return "\n".join(lines)


def _scores(pairs: Sequence[Pair]) -> Iterator[str]:
    yield "| suite | problems | alone | steered | difference | gained | lost | p |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in pairs:
        for group, found in one.by_group():
            name = f"{one.name}, {one.plain.about.style}" if group == "all" else f"– {group}"
            interval = f"{found.low:+.1%} to {found.high:+.1%}"
            yield (
                f"| {name} | {found.problems} | {found.first:.1%} | {found.second:.1%} "
                f"| {found.difference:+.1%} ({interval}) | {found.gained} | {found.lost} "
                f"| {found.p:.2g} |"
            )


def _work(pairs: Sequence[Pair]) -> Iterator[str]:
    yield (
        "| suite | replies stepped back | steps back | of the characters, taken back "
        "| guards fired | of them on code that runs | statements | tokens | seconds |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in pairs:
        helped = [line.helped for line in one.steered.replies]
        told = {name: sum(each.get(name, 0) for each in helped) for name in set().union(*helped)}
        stepped = sum(each.get("steps_back", 0) > 0 for each in helped)
        written = sum(len(line.reply) for line in one.steered.replies)
        back = told.get("characters_back", 0)
        yield (
            f"| {one.name} | {stepped} of {len(helped)} | {told.get('steps_back', 0):.0f} "
            f"| {back / max(1, back + written):.0%} | {told.get('fired', 0):.0f} "
            f"| {told.get('false_alarms', 0):.0f} | {told.get('statements', 0):.0f} "
            f"| {_ratio(one, 'tokens')} | {_ratio(one, 'seconds')} |"
        )


def _ratio(one: Pair, name: str) -> str:
    """The mean of each side, and what the second is of the first."""
    plain, steered = (
        fmean(getattr(line, name) for line in side.replies) for side in (one.plain, one.steered)
    )
    return f"{plain:.1f} → {steered:.1f}"


def _published(pairs: Sequence[Pair]) -> Iterator[str]:
    yield "| suite | model | style | pass@1 | source |"
    yield "|---|---|---|---|---|"
    for one in pairs:
        for side, word in ((one.plain, ""), (one.steered, ", steered")):
            share = scores.table(side.judged).scores[0].share
            yield (
                f"| {one.name} | **{MODEL}{word}** | {side.about.style} | **{share:.1%}** "
                f"| here, {len(side.judged)} problems |"
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
    limit = os.environ.get("LIMIT", str(LIMIT))
    suites = [(file, reading.read(file)) for name in FILES for file in sorted(folder.glob(name))]
    for file, suite in suites:
        asked = ("--only", str(valid(file, suite)), "--limit", limit, "--model", MODEL)
        for help_ in ((), ("--steer",)):
            harness(project, "suite", "run", str(file), *asked, *help_)
        found = [one for _, each in suites if (one := pair(project, each))]
        PAGE.write_text(page(found))
        print(f"Wrote {PAGE}", flush=True)


if __name__ == "__main__":
    main()
