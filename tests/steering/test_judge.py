"""A reply's statements run while it is written, and those that fail are taken back."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plays import FakeKernel, Played, ended, failed, play

from harness.records import CellStatus, Level, SteeringKind, StepBack, TakenBack
from harness.steering import guards
from harness.steering.alarms import Alarms
from harness.steering.budget import Budget
from harness.steering.guards.support.live import Live
from harness.steering.judge import MOST_EARLIER, Judge
from harness.steering.kernel import Tried

HEAD = "So:\n```python\n"
WRONG = failed("AttributeError", "'Study' object has no attribute 'best_'", (1, 4, 1, 11))


class Raised(NamedTuple):
    guard: str
    at: int
    end: int
    message: str
    insert: str = ""
    splits: bool = False


def levels(judge: Judge) -> list[Level]:
    return [one.level for one in judge.steered.taken_back]


def test_each_statement_runs_once_as_soon_as_it_is_whole() -> None:
    kernel = FakeKernel()
    judge = Judge(kernel)
    text = HEAD + "a = 1\nif a:\n    b = 2\nc = 3\n```\nDone."
    assert play(judge, text) == Played(text, [])
    assert kernel.ran == ["a = 1", "if a:\n    b = 2", "c = 3"]
    assert judge.steered.statements == 3


def test_a_failure_is_stepped_back_from_to_the_name() -> None:
    kernel = FakeKernel({"x = s.best_": WRONG})
    judge = Judge(kernel)
    played = play(judge, HEAD + "x = s.best_\ny = 1\n", "best\n```\n")
    assert played.text == HEAD + "x = s.best\n```\n"
    start = len(HEAD + "x = s.")
    assert played.backs == [StepBack(keep=start, reject=start + len("best_"))]
    (taken,) = judge.steered.taken_back
    assert (taken.at, taken.level, taken.by, taken.error) == (
        start,
        Level.NAME,
        "run",
        "AttributeError",
    )
    assert taken.text.startswith("best_\n")
    assert kernel.accepted == ("x = s.best",)


def test_whoever_watches_hears_of_it_at_once() -> None:
    heard: list[TakenBack] = []
    judge = Judge(FakeKernel({"x = s.best_": WRONG}), told=heard.append)
    play(judge, HEAD + "x = s.best_\n", "best\n")
    assert tuple(heard) == judge.steered.taken_back


def test_it_goes_further_back_with_each_try() -> None:
    def fail(source: str) -> Tried | None:
        at = source.find("=") + 2 if "=" in source else 0
        return None if source == "ok" else failed("AttributeError", "no", (1, at, 1, len(source)))

    judge = Judge(FakeKernel(fail))
    ways = [f"n{number}\n" for number in range(Budget().of_statement - 1)]
    play(judge, HEAD + "x = s.best_\n", *ways, "ok\n```\n")
    found = levels(judge)
    assert found[0] is Level.NAME
    assert Level.STATEMENT in found[1:-1]
    assert found[-1] is Level.HINT
    assert len(found) == Budget().of_statement


def test_the_hint_is_in_sight_and_in_no_reply() -> None:
    said = failed("ValueError", "no\n```\nway")
    judge = Judge(FakeKernel({"f()": said, "f( )": said, "g()": said}))
    played = play(judge, HEAD + "f()\n", "f( )\n", "g()\n", "h()\n```\n")
    hints = [back for back in played.backs if back.hidden]
    assert hints
    assert {back.insert for back in hints} == {"# ValueError: no ''' way\n"}
    assert "#" not in played.text


def test_what_failed_stays_after_the_last_try_and_the_writing_goes_on() -> None:
    kernel = FakeKernel(lambda source: failed("ValueError", "no") if "f(" in source else None)
    judge = Judge(kernel, budget=Budget(of_statement=2))
    end = "f(3)\nf(4)\n```\n```python\ny = 1\n```\n"
    assert play(judge, HEAD + "f(1)\n", "f(2)\n", end).text == HEAD + end
    assert [one.text for one in judge.steered.left] == ["f(3)"]
    assert kernel.accepted == ("y = 1",)
    assert kernel.stayed == ["f(3)"]  # and what is behind it in its cell does not run, as there


def test_a_cell_that_stays_without_being_python_leaves_nothing() -> None:
    kernel = FakeKernel()
    judge = Judge(kernel, budget=Budget(of_statement=0))
    play(judge, HEAD + "x = 1\nf(a b)\ny = 1\n```\n```python\nz = 1\n```\n")
    assert kernel.accepted == ("z = 1",)


def test_the_same_code_is_never_run_twice_however_it_is_spelled() -> None:
    kernel = FakeKernel(lambda source: failed("ValueError", "no") if "f(" in source else None)
    judge = Judge(kernel)
    play(judge, HEAD + "f('a')\n", 'f("a")\n', "f( 'a' )  # again\n", "f(\n  'a')\n", "g()\n```\n")
    assert kernel.ran == ["f('a')", "g()"]
    assert levels(judge) == [Level.STATEMENT, Level.HINT, Level.HINT, Level.HINT]


@pytest.mark.parametrize("code", ["Here is the code:\n", "pip show a b\n", "f(a b)\n", "f(')\n"])
def test_what_is_no_python_is_stepped_back_from_without_running(code: str) -> None:
    kernel = FakeKernel()
    judge = Judge(kernel)
    play(judge, HEAD + code, "x\n```\n")
    assert kernel.ran == ["x"]
    assert judge.steered.taken_back[0].error == "SyntaxError"


def test_prose_is_never_judged() -> None:
    judge = Judge(FakeKernel(lambda source: failed("NameError", "no")))
    text = "f( is broken.\n\n```bash\nfoo bar\n```\n\n    x = (\n"
    assert play(judge, text) == Played(text, [])


def test_a_guard_that_knows_the_import_has_it_written() -> None:
    def look(cell: str, start: int, whole: bool) -> Raised | None:
        at = cell.find("plt.", start)
        missing = at >= 0 and "import matplotlib" not in cell
        insert = "import matplotlib.pyplot as plt"
        return Raised("imports", at, at + 3, "plt is not imported", insert) if missing else None

    kernel = FakeKernel()
    judge = Judge(kernel, Alarms(look))
    played = play(judge, HEAD + "a = 1\nplt.show()\n", "plt.show()\n```\n")
    assert played.text == HEAD + "a = 1\nimport matplotlib.pyplot as plt\nplt.show()\n```\n"
    assert levels(judge) == [Level.IMPORT]
    assert kernel.ran == ["a = 1", "import matplotlib.pyplot as plt", "plt.show()"]


def test_a_line_can_be_written_into_a_file() -> None:
    def look(cell: str, start: int, whole: bool) -> Raised | None:
        at = cell.find("pd.")
        missing = whole and "import pandas" not in cell
        return Raised("imports", at, at + 2, "no", "import pandas as pd") if missing else None

    judge = Judge(FakeKernel(), Alarms(look))
    file = "pd.read_csv('a')\n```\n"
    played = play(judge, HEAD + "%%writefile a.py\n" + file, file)
    assert played.text == HEAD + "%%writefile a.py\nimport pandas as pd\n" + file


def test_an_import_that_did_not_help_is_not_written_again() -> None:
    insert = "import plt"
    alarms = Alarms(lambda cell, start, whole: Raised("imports", start, start + 3, "no", insert))
    judge = Judge(FakeKernel({insert: failed("ImportError", "no")}), alarms)
    played = play(judge, HEAD + "plt.show()\n", "plt.show()\n```\n")
    assert len(played.backs) <= Budget().of_step
    assert levels(judge).count(Level.IMPORT) == 1


def wrong_name(cell: str, start: int, whole: bool) -> Raised | None:
    at = cell.find(".bad", start)
    return Raised("attributes", at + 1, at + 4, "there is no 'bad'") if at >= 0 else None


def test_a_guard_stops_a_name_before_the_statement_is_whole() -> None:
    kernel = FakeKernel()
    judge = Judge(kernel, Alarms(wrong_name))
    played = play(judge, HEAD + "x = a.bad_thing(1)\n", "good\n```\n")
    assert played.text == HEAD + "x = a.good\n```\n"
    assert kernel.ran == ["x = a.good"]
    assert judge.steered.taken_back[0].text in ("bad", "bad_", "bad_t")
    assert judge.steered.guards[0].fired == 1


def test_an_alarm_over_code_that_runs_is_counted_as_false() -> None:
    judge = Judge(FakeKernel(), Alarms(wrong_name, ["attributes"]), budget=Budget(of_statement=1))
    play(judge, HEAD + "x = a.bad\n", "bad\n```\n")
    (count,) = judge.steered.guards
    assert (count.false_alarms, judge.steered.left) == (1, ())


def test_what_stays_is_told_as_the_kernel_said_it() -> None:
    kernel = FakeKernel({"x = a.bad": failed("AttributeError", "no bad")})
    judge = Judge(kernel, Alarms(wrong_name), budget=Budget(of_statement=0))
    play(judge, HEAD + "x = a.bad\n```\n")
    assert [(one.by, one.message) for one in judge.steered.left] == [("run", "no bad")]
    assert judge.steered.guards[0].false_alarms == 0


def test_an_alarm_over_code_that_runs_only_later_is_not() -> None:
    judge = Judge(FakeKernel(), Alarms(wrong_name), budget=Budget(of_statement=1))
    play(judge, HEAD + "def f():\n    a.bad\nf\n", "bad\nf\n```\n")
    assert judge.steered.guards[0].false_alarms == 0


def test_what_ran_and_is_no_code_after_all_is_taken_back() -> None:
    kernel = FakeKernel()
    text = "```python\na = 1\n```\n</think>\n```python\nb = 1\n```\n"
    play(Judge(kernel), text)
    assert kernel.accepted == ("b = 1",)


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12))
def test_the_size_of_tokens_does_not_change_what_is_run(one: int, other: int) -> None:
    def ran(size: int) -> list[str]:
        kernel = FakeKernel({"x = s.best_": WRONG})
        play(Judge(kernel), HEAD + "if a:\n    b\nx = s.best_\n", "best\nc\n```\n", size=size)
        return kernel.ran

    assert ran(one) == ran(other)


def test_where_everything_is_forbidden_it_ends() -> None:
    judge = Judge(FakeKernel(lambda source: failed("ValueError", "no")))
    text = HEAD + "".join(f"f({number})\n" for number in range(50)) + "```\n"
    played = play(judge, text)
    assert played.text.endswith("```\n")
    assert len(judge.steered.taken_back) <= Budget().of_step
    written = len(played.text) + sum(len(one.text) for one in judge.steered.taken_back)
    assert written <= len(played.text) * 1.6 + Budget().free


@pytest.mark.parametrize("status", [CellStatus.TIMEOUT, CellStatus.KILLED])
def test_what_ends_the_kernel_is_tried_otherwise_a_few_times_only(status: CellStatus) -> None:
    kernel = FakeKernel(lambda source: ended(status, "dead") if "f(" in source else None)
    judge = Judge(kernel)
    play(judge, HEAD + "f(0)\n", *[f"f({n})\n" for n in range(1, 20)], "```\n")
    assert len(judge.steered.taken_back) == Budget().lost_kernels
    assert judge.steered.taken_back[0].error == "dead"


def test_a_kernel_that_is_lost_judges_nothing_any_more() -> None:
    lost = Tried(ended(CellStatus.NOT_RUN, "gone").outcome)
    kernel = FakeKernel(lambda source: lost)
    judge = Judge(kernel, kind=SteeringKind.PREFIX)
    text = HEAD + "a\nb\nc\n```\n"
    assert play(judge, text) == Played(text, [])
    assert kernel.ran == ["a"]
    assert judge.steered.kind is SteeringKind.PREFIX


def test_an_interrupt_passes_through() -> None:
    def stop(source: str) -> Tried:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(Judge(FakeKernel(stop)), HEAD + "a\n")


def test_a_message_of_any_length_is_kept_short() -> None:
    judge = Judge(FakeKernel({"a": failed("E" * 10, "x" * 10_000_000)}))
    play(judge, HEAD + "a\n", "b\n```\n")
    assert len(judge.steered.taken_back[0].message) <= 500


def test_a_step_back_in_a_list_keeps_its_indentation() -> None:
    judge = Judge(FakeKernel({"bad()": failed("ValueError", "no", (1, 0, 1, 5))}))
    played = play(judge, "- ```python\n  bad()\n  ```\n", "1)\n  ```\n")
    assert played.text == "- ```python\n  bad(1)\n  ```\n"


def test_a_reply_that_is_settled_has_run_and_is_not_taken_back() -> None:
    kernel = FakeKernel({"b": failed("NameError", "no")})
    judge = Judge(kernel)
    judge.look(HEAD + "a\nb", ended=False)
    judge.settle(HEAD + "a\nb\n```\n```python\nc\n```\n")
    assert kernel.ran == ["a", "b", "c"]
    assert judge.steered.taken_back == ()
    assert [one.text for one in judge.steered.left] == ["b"]


FUNCTION = "def half(a):\n    return a.halved"
CALL = failed("AttributeError", "no attribute 'halved'", None, (FUNCTION, 2, 11, 2, 19))


def test_a_function_of_the_reply_that_fails_where_it_is_called_is_written_anew() -> None:
    kernel = FakeKernel(
        lambda code: CALL if code == "half(4)" and kernel.accepted[-1] == FUNCTION else None
    )
    text = f"```python\n{FUNCTION}\n\nhalf(4)\n"
    told, (back,) = play(Judge(kernel), text, "half\n\nhalf(4)\n```\n")
    assert text[back.keep : back.reject] == "halved"
    assert told == text.replace("halved", "half") + "```\n"
    assert kernel.accepted == ("def half(a):\n    return a.half", "half(4)")


def test_a_function_of_an_earlier_reply_stays_and_its_call_is_written_anew() -> None:
    kernel = FakeKernel({"half(4)": CALL})
    _, (back, *_) = play(Judge(kernel), "```python\nhalf(4)\n", "half(3)\n```\n")
    assert back.keep == len("```python\n")


def test_where_the_function_was_written_often_enough_its_call_is() -> None:
    def fails(code: str) -> Tried | None:
        inner = (kernel.accepted[-1], 1, 0, 2, 12) if kernel.accepted else None
        return failed("TypeError", "it cannot be", None, inner) if "half(4" in code else None

    kernel = FakeKernel(fails)
    judge = Judge(kernel, budget=Budget(of_statement=9, free=9_999))

    written = [f"def half(a):\n    return {name}\n\nhalf(4)\n" for name in "bcdefghij"]
    calls = [f"half(4, {number})\n" for number in range(20)]
    after = [*written[1 : MOST_EARLIER + 1], *calls]
    _, backs = play(judge, "```python\n" + written[0], *after)
    start = len("```python\n")
    assert [back.keep for back in backs[:MOST_EARLIER]] == [start] * MOST_EARLIER
    assert {back.keep > start for back in backs[MOST_EARLIER:]} == {True}


RECORD = "class Record(BaseModel):\n    a: str\n    b: float"


def test_a_field_that_a_value_does_not_fit_is_written_anew() -> None:
    kernel = FakeKernel(
        lambda code: (
            failed("ValidationError", "1 validation error for Record\nb\n  no number")
            if code == "Record(a=1)" and "float" in kernel.accepted[-1]
            else None
        )
    )
    text = f"```python\n{RECORD}\n\nRecord(a=1)\n"
    told, (back,) = play(Judge(kernel), text, "str\n\nRecord(a=1)\n```\n")
    assert text[back.keep : back.reject] == "float"
    assert told == text.replace("float", "str") + "```\n"


def test_a_class_that_the_message_does_not_name_stays() -> None:
    kernel = FakeKernel({"Record(a=1)": failed("ValueError", "b is no number")})
    text = f"```python\n{RECORD}\n\nRecord(a=1)\n"
    _, (back, *_) = play(Judge(kernel), text, "Record(a=2)\n```\n")
    assert back.keep >= text.index("Record(a=1)")


def test_a_comment_that_hides_a_magic_is_taken_back_from_its_beginning() -> None:
    def look(cell: str, start: int, complete: bool) -> Raised | None:
        return Raised("commented", 0, 2, "no file") if cell.startswith("# %%writefile") else None

    kernel = FakeKernel()
    text = "```python\n# %%writefile a.py\nx = 1\n"
    told, (back,) = play(Judge(kernel, Alarms(look)), text, "%%writefile a.py\nx = 1\n```\n")
    assert text[back.keep : back.reject] == "# "
    assert told == text.replace("# %%", "%%") + "```\n"
    assert kernel.ran == ["%%writefile a.py\nx = 1"]


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_second_file_gets_a_cell_of_its_own(fence: str) -> None:
    kernel = FakeKernel()
    text = f"{fence}python\n%%writefile a.txt\nfastapi\n\n%%writefile Dockerfile\nFR"
    alarms = Alarms(guards.looker(Live(lambda *_: None)))
    told, (back,) = play(Judge(kernel, alarms), text, f"FROM python\n{fence}\n")
    assert (back.reject, back.hidden) == (None, False)
    assert told == (
        f"{fence}python\n%%writefile a.txt\nfastapi\n\n{fence}\n\n"
        f"{fence}python\n%%writefile Dockerfile\nFROM python\n{fence}\n"
    )
    assert kernel.ran == ["%%writefile a.txt\nfastapi", "%%writefile Dockerfile\nFROM python"]


def test_what_only_a_guard_is_against_runs_in_the_end() -> None:
    def look(cell: str, start: int, complete: bool) -> Raised | None:
        return Raised("names", start, len(cell), "it cannot be")

    kernel = FakeKernel()
    judge = Judge(kernel, Alarms(look))
    play(judge, "```python\nx = 1\n```\n", "x = 1\n```\n")
    assert set(kernel.ran) == {"x = 1"}
    assert judge.steered.left == ()


def test_a_field_that_values_lack_is_left_out() -> None:
    said = "1 validation error for Record\nb\n  Field required [type=missing]"
    kernel = FakeKernel(
        lambda code: (
            failed("ValidationError", said)
            if code == "Record(a=1)" and "b:" in kernel.accepted[-1]
            else None
        )
    )
    text = f"```python\n{RECORD}\n\nRecord(a=1)\n"
    _, (back,) = play(Judge(kernel), text, "c: int\n\nRecord(a=1)\n```\n")
    assert text[back.keep : back.reject] == "b: float"
