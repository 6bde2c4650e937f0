"""Whatever is written and whatever fails, the kernel holds what the cells would leave."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st
from plays import FakeKernel, failed, play_on

from harness.steering import reading
from harness.steering.budget import Budget
from harness.steering.judge import Judge
from harness.steering.kernel import Tried

LINES = (
    *("```python", "```", "a = 1", "bad()", "x.bad", "if a:", "    b", "    bad()", "else:", "f("),
    *("    1,", ")", "It is so.", "s = '''", "'''", "@d", "def f():", "    return 1", "%%time"),
    *("!pip install a", "</think>", "~~~", "", "# note", "y = bad(1,"),
)  # fmt: skip
BUDGET = Budget(of_statement=3, of_step=9)


def fails(source: str) -> Tried | None:
    at = source.find("bad")
    if at < 0:
        return None
    line, column = source[:at].count("\n") + 1, at - source.rfind("\n", 0, at) - 1
    return failed("NameError", "name 'bad' is not defined", (line, column, line, column + 3))


def left_by(text: str) -> list[str]:
    """What a notebook's cells would run, statement by statement."""
    ran = list[str]()
    found = reading.Reader().read(text, ended=True)
    for _, of_cell in groupby(found, key=lambda one: one.cell):
        cell = list[str]()
        for one in of_cell:
            if one.is_install:
                continue
            if not reading.parses(one.source):
                cell = []
                break
            if fails(one.source):
                break
            cell.append(one.source)
        ran += cell
    return ran


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(LINES), max_size=8), min_size=1, max_size=12), st.data())
def test_the_kernel_holds_what_the_reply_leaves(ways: list[list[str]], data: st.DataObject) -> None:
    kernel = FakeKernel(fails)
    judge = Judge(kernel, budget=BUDGET)

    def texts() -> Iterator[str]:
        yield "```python\n" + "\n".join(ways[0]) + "\n"
        while True:
            yield "\n".join(data.draw(st.sampled_from(ways))) + "\n"

    played = play_on(judge, texts(), size=data.draw(st.integers(1, 9)))
    assert len(played.backs) <= BUDGET.of_step
    assert all(back.keep <= (back.reject or back.keep) for back in played.backs)
    assert list(kernel.accepted) == left_by(played.text)
    assert len(judge.steered.taken_back) == len(played.backs)
