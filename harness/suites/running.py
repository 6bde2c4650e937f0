"""A run of a suite, from what is asked to what is left of it: replies first, then verdicts.

No answer is judged while the model writes: beside one busy core it would write at half its speed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness import files
from harness.ports import Engine, Executor
from harness.records import Progress
from harness.suites import asking, judging, versions
from harness.suites.asking import Manner, Question
from harness.suites.formats import finder
from harness.suites.judging import DEFAULT_SECONDS, JUDGING, Case
from harness.suites.problems import Entry, Problem, ProblemId, Style, Verdict
from harness.suites.results import ReplyLine, Results, VerdictLine
from harness.suites.scores import Judged


class SuiteRun(NamedTuple):
    """The problems that are asked for, with which seeds, and where their results are."""

    entries: Sequence[Entry]
    seeds: Sequence[int]
    format: str
    style: Style
    results: Results

    @property
    def keys(self) -> list[tuple[ProblemId, int]]:
        """A reply for each: the first samples of all problems before the second ones."""
        return [(entry.problem.id, seed) for seed in self.seeds for entry in self.entries]

    def unasked(self) -> list[Question]:
        """What the model has to be asked yet."""
        there = self.results.replies()
        problems = {entry.problem.id: entry.problem for entry in self.entries}
        return [Question(problems[key[0]], key[1]) for key in self.keys if key not in there]

    def unjudged(self) -> list[tuple[ReplyLine, Case]]:
        """The replies whose code has no verdict yet, or one that was reached otherwise."""
        replies, verdicts = self.results.replies(), self.results.verdicts()
        entries = {entry.problem.id: entry for entry in self.entries}
        found: list[tuple[ReplyLine, Case]] = []
        for key in self.keys:
            if key in replies:
                code = self.code(entries[key[0]], replies[key])
                known = verdicts.get(key)
                same = known is not None and known.code_sha256 == files.text_digest(_plain(code))
                if not (same and known is not None and known.judging == JUDGING):
                    found.append((replies[key], Case(len(found), entries[key[0]], code)))
        return found

    def code(self, entry: Entry, reply: ReplyLine) -> str:
        """The program that a reply means."""
        if reply.finish == asking.TOO_LONG:
            return ""
        return self.means(entry.problem, self.answer(entry.problem, reply))

    def answer(self, problem: Problem, reply: ReplyLine) -> str:
        """The text of a reply that counts: of several versions, the best one's."""
        if not reply.versions:
            return reply.reply
        return versions.best(reply.versions, lambda text: self.means(problem, text)).reply

    def means(self, problem: Problem, reply: str) -> str:
        """The program that the text of a reply to a problem means."""
        return finder.formats()[self.format].code(problem, reply, self.style)

    def judged(self) -> list[Judged]:
        """The verdicts that there are on what is asked for."""
        libraries = {entry.problem.id: entry.problem.library for entry in self.entries}
        verdicts = self.results.verdicts()
        return [
            Judged(problem, libraries[problem], seed, verdicts[problem, seed].verdict)
            for problem, seed in self.keys
            if (problem, seed) in verdicts
        ]


def write(
    run: SuiteRun,
    engine: Engine,
    manner: Manner,
    on_line: Callable[[ReplyLine], None],
    on_progress: Callable[[Progress], None],
) -> None:
    """Ask what was not asked yet; each reply is kept before it is told."""

    def keep(line: ReplyLine) -> None:
        run.results.add(line)
        on_line(line)

    asking.ask(run.unasked(), engine, manner, keep, on_progress)


def judge(
    run: SuiteRun,
    executor: Executor,
    on_verdict: Callable[[Verdict], None],
    *,
    seconds: float = DEFAULT_SECONDS,
    workers: int = 1,
) -> None:
    """Judge what was not judged yet; each verdict is kept before it is told."""
    left = run.unjudged()
    replies = {case.key: reply for reply, case in left}

    def keep(case: Case, verdict: Verdict) -> None:
        reply = replies[case.key]
        run.results.add(
            VerdictLine(
                problem=reply.problem,
                seed=reply.seed,
                judging=JUDGING,
                code_sha256=files.text_digest(_plain(case.code)),
                verdict=verdict,
            )
        )
        on_verdict(verdict)

    cases = [case for _, case in left]
    judging.judge(cases, executor, keep, seconds=seconds, workers=workers)


def stored(results: Results) -> list[Judged]:
    """All verdicts of a run, whatever was asked for last."""
    verdicts, replies = results.verdicts(), results.replies()
    return [
        Judged(key[0], replies[key].library, key[1], one.verdict)
        for key, one in verdicts.items()
        if key in replies
    ]


def _plain(code: str) -> str:
    """Halves of surrogate pairs have no place in UTF-8."""
    return code.encode(errors="replace").decode()
