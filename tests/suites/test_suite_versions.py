"""Several versions of an answer: what the prompt shows tells which one counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fakes
import pytest
from steering.plays import FakeKernel, failed
from suites.invented import PROMPT, bigcodebench_row, ds1000_row, evalplus_row, write

from harness import files, wiring
from harness.errors import PromptError
from harness.records import Completion, Help, Sampling
from harness.suites import asking, probing, reading
from harness.suites.asking import Manner, Question
from harness.suites.formats import finder
from harness.suites.probing import Probed, SandboxProber
from harness.suites.problems import Problem, Verdict
from harness.suites.results import REPLIES, ReplyLine, Results
from harness.suites.running import SuiteRun
from harness.suites.shown import Shown, telling
from harness.suites.versions import best

FUNCTION = """Problem:
Double the number.

A:
<code>
number = 2
def f(x=number):
    # return the solution in this function
    # result = f(x)
    ### BEGIN SOLUTION"""
DRAWN = "import matplotlib.pyplot as plt\n# draw a line\n# SOLUTION START\n"


def ds1000(tmp_path: Path, prompt: str = PROMPT) -> Problem:
    return reading.read(write(tmp_path / "d.jsonl", ds1000_row(prompt=prompt))).problems[0]


def doubling(tmp_path: Path) -> Problem:
    return reading.read(write(tmp_path / "e.jsonl", evalplus_row())).problems[0]


@pytest.fixture(scope="module")
def prober() -> Iterator[SandboxProber]:
    executor = wiring.executor(unsafe=False)
    with files.Scratch() as scratch:
        found = SandboxProber(executor, scratch)
        yield found
        found.close()
    executor.close()


def test_formats_say_what_their_prompts_show(tmp_path: Path) -> None:
    assert ds1000(tmp_path).leaves == ("result",)
    assert ds1000(tmp_path, FUNCTION).leaves == ("f()",)
    assert ds1000(tmp_path, DRAWN).leaves == ()
    assert doubling(tmp_path).examples == ("assert double(2) == 4",)
    session = 'def f(x):\n    """Say.\n    >>> f(2)\n    4\n    >>> x = 1\n    """\n'
    assert finder.examples(session) == ("assert (f(2)) == (4)",)
    assert finder.examples("assert it that so\n>>> f(1\n  2\n 3") == ()
    row = bigcodebench_row(complete_prompt=session)  # whose sessions only show what it is about
    assert reading.read(write(tmp_path / "b.jsonl", row)).problems[0].examples == ()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def double(x):\n    return x + x\n", {"held": 1}),
        ("def double(x):\n    return x + 1\n", {"against": 1}),
        ("double = 1 / 0", {"error": "ZeroDivisionError"}),
        ("def double(x", {"error": "SyntaxError"}),
        ("import os\nos._exit(0)", {"error": "exit"}),
        ("raise SystemExit", {"error": "SystemExit"}),
        ('class Left(Exception): pass\nraise Left(\'{"held": "many"}\')', {"error": "forged"}),
        ("  \n", {"error": "no code"}),
    ],
)
def test_an_answer_is_tried_on_the_prompts_examples(
    tmp_path: Path, prober: SandboxProber, code: str, expected: dict[str, object]
) -> None:
    found = prober.probe(doubling(tmp_path), code)
    assert found.model_dump(exclude_defaults=True) == expected


def test_answers_that_leave_the_same_have_the_same_digest(
    tmp_path: Path, prober: SandboxProber
) -> None:
    asked = ds1000(tmp_path)
    sums = ["result = sum(numbers)", "result = numbers[0] + numbers[1]", "result = 3.0"]
    first, second, other = (prober.probe(asked, one).digest for one in sums)
    assert first == second != other
    assert prober.probe(asked, "other = 1").missing == 1
    assert prober.probe(asked, "result = nothing") == Probed(error="NameError", missing=1)
    function = ds1000(tmp_path, FUNCTION)
    digests = {
        prober.probe(function, f"\n    return {code}").digest for code in ("x * 2", "x + x", "4")
    }
    assert len(digests) == 1
    assert digests != {""}


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (
            "result = pandas.DataFrame({'a': [0.1 + 0.2]})",
            "result = pandas.DataFrame({'a': [0.3]})",
            "result = pandas.DataFrame({'a': [0.4]})",
        ),
        ("result = numpy.ones(2) / 3", "result = numpy.full(2, 1 / 3)", "result = numpy.ones(3)"),
        (
            "result = scipy.sparse.eye(2)",
            "result = scipy.sparse.csr_matrix(numpy.eye(2))",
            "result = scipy.sparse.eye(3)",
        ),
        ("result = numpy.float64(1)", "result = 1.0", "result = 1"),
    ],
)
def test_values_are_told_apart_by_what_they_are(
    tmp_path: Path, prober: SandboxProber, one: str, same: str, other: str
) -> None:
    imports = "import numpy, pandas, scipy.sparse\n"
    asked = ds1000(tmp_path)
    digests = [prober.probe(asked, imports + code).digest for code in (one, same, other)]
    assert digests[0] == digests[1] != digests[2]


def test_pictures_are_told_apart_by_what_they_show(tmp_path: Path, prober: SandboxProber) -> None:
    asked = ds1000(tmp_path, DRAWN)
    codes = ("plt.plot([1, 2])", "plt.plot([0, 1], [1, 2])", "plt.plot([2, 1])")
    one, same, other = (prober.probe(asked, code).digest for code in codes)
    assert one == same != other


def test_where_the_prompts_own_set_up_does_not_run_nothing_is_told(
    tmp_path: Path, prober: SandboxProber
) -> None:
    asked = ds1000(tmp_path, PROMPT.replace("[1, 2]", "load_data()"))
    assert prober.probe(asked, "result = 1") == Probed(runs=False)


def test_a_verdict_that_says_nothing_is_an_error() -> None:
    assert probing.read(Verdict(passed=True)).error == "ended"
    assert probing.read(Verdict(passed=False, error="killed")).error == "killed"


class Versions(fakes.AnyEngine):
    """Gives each seed the next of some texts."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)
        self.asked: list[tuple[Sampling, int]] = []

    def answers(self, asked: fakes.Asked) -> list[Completion]:
        self.asked.append((asked.sampling, len(asked.seeds)))
        return [fakes.completion(self._texts.pop(0), seed) for seed in asked.seeds]


class Scripted:
    """A Prober by what the code says."""

    def probe(self, _problem: Problem, code: str) -> Probed:
        if "wrong" in code:
            return Probed(against=1)
        if "fails" in code:
            return Probed(error="NameError", missing=1)
        return Probed(held=int("holds" in code), digest=code)


def asked_of(engine: Versions, problem: Problem, versions: int = 4) -> ReplyLine:
    found: list[ReplyLine] = []
    manner = Manner(
        "completion", Sampling(temperature=0), Help(candidates=versions), prober=Scripted()
    )
    asking.ask([Question(problem, 3)], engine, manner, found.append)
    (line,) = found
    assert ReplyLine.model_validate_json(line.model_dump_json()) == line
    return line


def counted(line: ReplyLine) -> str:
    return best(line.versions, lambda text: text).reply


def test_the_version_that_most_agree_with_counts(tmp_path: Path) -> None:
    engine = Versions("result = 1", "result = 2", "fails = 1", "result = 2")
    line = asked_of(engine, ds1000(tmp_path))
    assert counted(line) == "result = 2"
    assert (line.seed, line.reply, line.helped) == (3, "result = 1", {"versions": 4})
    assert [one.reply for one in line.versions] == [
        "result = 1", "result = 2", "fails = 1", "result = 2",
    ]  # fmt: skip
    assert line.tokens == sum(one.tokens for one in line.versions)
    assert [(one.temperature, seeds) for one, seeds in engine.asked] == [(0, 1), (0.6, 3)]


def test_of_those_that_agree_the_first_counts_however_likely_another_is(tmp_path: Path) -> None:
    line = asked_of(Versions("a = 1", "b = 1", "c = 1", "d = 1"), ds1000(tmp_path))
    alike = tuple(
        one.model_copy(update={"probed": Probed(digest="same"), "likelihood": -place})
        for place, one in enumerate(reversed(line.versions))
    )
    assert best(alike, lambda text: text) == alike[0]
    apart = tuple(one.model_copy(update={"likelihood": None}) for one in line.versions)
    assert best(apart, lambda text: text) == apart[0]


def test_what_holds_by_the_prompts_example_ends_the_search(tmp_path: Path) -> None:
    line = asked_of(Versions("x = 'holds'"), ds1000(tmp_path))
    assert (counted(line), len(line.versions)) == ("x = 'holds'", 1)
    line = asked_of(Versions("x = 'wrong'", "y = 1", "x = 'holds'", "fails = 1"), ds1000(tmp_path))
    assert counted(line) == "x = 'holds'"


def test_the_version_that_counts_is_judged(tmp_path: Path) -> None:
    suite = reading.read(write(tmp_path / "d.jsonl", ds1000_row()))
    line = asked_of(
        Versions("fails = 1", "result = 2", "fails = 2", "fails = 3"), suite.problems[0]
    )
    run = SuiteRun(suite.entries, (3,), suite.format, "completion", Results(tmp_path))
    assert run.code(suite.entries[0], line) == "result = 2"
    (tmp_path / REPLIES).write_text("")
    run.results.add(line)
    assert [case.code for _, case in run.unjudged()] == ["result = 2"]


class TooLong(fakes.AnyEngine):
    def answers(self, asked: fakes.Asked) -> list[Completion]:
        raise PromptError("too long")


def test_a_prompt_that_is_too_long_has_no_versions(tmp_path: Path) -> None:
    found: list[ReplyLine] = []
    manner = Manner("completion", Sampling(), Help(candidates=2), prober=Scripted())
    asking.ask([Question(ds1000(tmp_path), 3)], TooLong(), manner, found.append)
    assert [(one.finish, one.versions) for one in found] == [(asking.TOO_LONG, ())]


def test_examples_and_names_that_do_not_hold_are_told_to_the_model(tmp_path: Path) -> None:
    example = telling("assert double(2) == 4")
    assert example == "assert double(2) == 4, 'it is ' + repr(double(2))[:100]"
    wrong = failed("AssertionError", "it is 3")
    shown = Shown(doubling(tmp_path), FakeKernel({example: wrong}))
    (found,) = shown.wrong(ended=True)
    assert found.message == "assert double(2) == 4 does not hold: AssertionError: it is 3"
    assert shown.wrong(ended=False) == shown.held() == ()
    kernel = FakeKernel({"result": failed("NameError", "name 'result' is not defined")})
    (found,) = Shown(ds1000(tmp_path), kernel).wrong(ended=True)
    assert found.message == "result is not there yet"
    kernel = FakeKernel({"f()": failed("KeyError", "'a'")})
    (found,) = Shown(ds1000(tmp_path, FUNCTION), kernel).wrong(ended=True)
    assert found.message == "f() gives KeyError: 'a'"
    assert telling("assert f(1)") == "assert f(1)"
