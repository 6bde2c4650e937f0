"""What runs and is not right is taken back, with what is wrong in sight."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from plays import FakeKernel, failed, play

from harness.records import Level
from harness.steering.correcting import MOST_TRIES, Correcting, Wrong
from harness.steering.judge import Judge


class Told:
    """Finds wrong what a test says, by the code that the kernel accepted."""

    def __init__(
        self,
        kernel: FakeKernel,
        made: Callable[[str], str] = lambda code: "",
        held: Callable[[str], str] | None = None,
    ) -> None:
        self._kernel, self._made, self._held = kernel, made, held

    @property
    def watches(self) -> bool:
        return self._held is not None

    def held(self) -> tuple[Wrong, ...]:
        said = self._held("\n".join(self._kernel.accepted)) if self._held else ""
        return (Wrong(said),) if said else ()

    def wrong(self, *, ended: bool) -> tuple[Wrong, ...]:
        said = self._made("\n".join(self._kernel.accepted))
        return (*(self.held() if ended else ()), *([Wrong(said)] if said else ()))


def cell(*lines: str) -> str:
    return "```python\n" + "\n".join(lines) + "\n```\n"


def needs(word: str, message: str) -> Callable[[str], str]:
    return lambda code: "" if word in code else message


def test_a_wrong_file_is_gone_back_from_to_what_was_saved() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, needs("good", "it has blanks")))
    wrong = cell("b = 1", "a = 2", "a.save()")
    text, (back,) = play(correcting, wrong, "a = good\na.save()\n```\n")
    assert text == cell("b = 1", "a = good", "a.save()")
    assert kernel.accepted == ("b = 1", "a = good", "a.save()")
    assert back.insert == "# Wrong: it has blanks\n"
    assert back.hidden
    (taken,) = correcting.steered.taken_back
    assert (taken.by, taken.level, taken.text) == ("checks", Level.HINT, "a = 2\na.save()\n```\n")


def test_what_was_rejected_may_come_again_where_it_goes_on() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, needs("fill", "a value is missing")))
    text = cell("a = number(a)")
    _, (back,) = play(correcting, text, "a = number(a).fill()\n```\n")
    assert text[back.keep : back.reject] == "a = number(a)\n"
    assert back.penalty is None


def test_the_first_statement_since_which_it_is_wrong_is_written_anew() -> None:
    kernel = FakeKernel()
    held = Told(kernel, held=lambda code: "a is lost" if "lose" in code else "")
    correcting = Correcting(Judge(kernel), held)
    text, _ = play(correcting, cell("a = 1", "lose(a)", "b = 2"), "keep(a)\nb = 2\n```\n")
    assert text == cell("a = 1", "keep(a)", "b = 2")


def test_what_was_wrong_before_the_reply_is_no_statements_fault() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, held=needs("mend", "a is text")))
    text, _ = play(correcting, cell("show(a)", "b = 2", "show(b)"), "b = mend(a)\n```\n")
    assert text == cell("show(a)", "b = mend(a)")


def test_the_beginning_of_the_cell_comes_last_and_may_be_written_again() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, needs("good", "no")))
    _, backs = play(
        correcting, cell("x", "a = 2"), "a = 3\n```\n", "a = 4\n```\n", cell("x", "a = 5")
    )
    first = cell("x", "a = 2").index
    assert [back.keep for back in backs] == [first("a = 2"), first("a = 2"), first("x")]
    assert backs[-1].reject is None


def test_in_a_file_the_line_that_was_quoted_is_written_anew() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, needs("y.csv", "there is no file 'x.csv'")))
    wrong = cell("%%writefile app.py", "import a", "b = read('x.csv')", "c = 1")
    text, (back,) = play(correcting, wrong, "b = read('y.csv')\n```\n")
    assert text == cell("%%writefile app.py", "import a", "b = read('y.csv')")
    assert wrong[back.keep : back.reject] == "b = read('x.csv')\n"


def test_a_file_of_which_nothing_was_quoted_is_written_anew_behind_its_magic() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, needs("c = 2", "it is wrong")))
    _, (back,) = play(correcting, cell("%%writefile app.py", "c = 1"), "c = 2\n```\n")
    assert (back.keep, back.reject) == (len("```python\n%%writefile app.py\n"), None)


def test_a_cell_that_is_closed_at_once_is_to_be_filled() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, needs("good", "no")))
    text, (_, again) = play(correcting, cell("a = 2"), "```\n", "a = good\n```\n")
    assert text == cell("a = good")
    assert (again.insert, again.hidden, again.keep) == ("# Wrong: no\n", True, 10)
    assert again.reject == 10 + len("```")


def test_a_reply_that_ends_at_once_may_not_end_there() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, needs("good", "no")))
    text, (_, again) = play(correcting, "```python\na = 2\n", "", "a = good\n")
    assert text == "```python\na = good\n"
    assert again.reject == len("```python\n") + 1


def test_what_was_taken_back_comes_back_where_nothing_takes_its_place() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, needs("good", "no")))
    text, backs = play(correcting, cell("a = 2", "b = 3"), "```\n", "\n```\n", "")
    assert text == cell("a = 2", "b = 3")
    assert len(backs) == 3
    assert kernel.accepted == ("a = 2", "b = 3")
    assert correcting.steered.taken_back[-1].message == "nothing was written in its place"


def test_it_ends_though_nothing_helps() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, lambda code: "no"))
    _, backs = play(correcting, cell("a = 1"))
    assert len(backs) == MOST_TRIES


@pytest.mark.parametrize("text", ["It is so.\n", cell("bad()"), ""])
def test_where_no_code_could_be_right_nothing_is_taken_back(text: str) -> None:
    kernel = FakeKernel({"bad()": failed("NameError", "bad")})
    correcting = Correcting(Judge(kernel), Told(kernel, lambda code: "no"))
    _, backs = play(correcting, text)
    assert not [back for back in backs if back.insert.startswith("# Wrong")]


def test_after_it_is_settled_nothing_is_taken_back() -> None:
    kernel = FakeKernel()
    correcting = Correcting(Judge(kernel), Told(kernel, lambda code: "no"))
    correcting.settle(cell("a = 1"))
    assert kernel.accepted == ("a = 1",)
    assert correcting.steered.taken_back == ()
