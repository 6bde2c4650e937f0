"""A statement that is being written: the first character after which no name can be right."""

from __future__ import annotations

import time

import pytest
from guarded import first_seen, live_of

from harness.steering import guards
from harness.steering.guards import Code, Live

SETUP = """
import pandas as pd, numpy as np, seaborn as sns
from sklearn.linear_model import LogisticRegression
df = pd.DataFrame({"age": [1, 2, 3], "two words": ["x", "y", "z"]})
model = LogisticRegression()
def half(value, by=2): return value / by
"""


@pytest.fixture(scope="module")
def live() -> Live:
    return live_of(SETUP)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("df = df.applymap(str)", "df = df.applym"),
        ("print(df.head().iteritems())", "print(df.head().iteri"),
        ("print(model.best_model_)", "print(model.b"),
        ("y = df['name'].mean()", "y = df['n"),
        ("y = df['ag'].mean()", "y = df['ag'"),
        ("x = df.group('age')", "x = df.group("),
        ("df.groupby('name')", "df.groupby('n"),
        ("for i in range(3):\n    sns.histplot(data=df, x='name')", None),
        ("plt.figure()", "plt."),
        ("half(1, to=2)", "half(1, to=2"),
        ("if df.foo:", "if df.fo"),
        ("%%writefile app.py\nimport numpy as np\nx = np.flot(1)", None),
    ],
)
def test_it_is_seen_as_soon_as_it_is_sure(live: Live, code: str, seen: str | None) -> None:
    found = first_seen(code, live)
    assert found is not None
    assert seen is None or found[1] == seen


@pytest.mark.parametrize(
    "code",
    [
        "df['new'] = df['age']",
        "df.new = 1",
        "df['new'], df['more'] = 1, 2",
        "[x.anything for x in df]",
        "[model.anything for model in [1]]",
        "sum(model.anything for model in [1])",
        "# df.applymap(str)",
        "s = 'df.applymap(str) '",
        "s = '''\ndf.applymap(str)\n'''",
        "s = f'{df.applymap(str)}'",
        "!ls df.applymap(x)",
        "x = 3.0.real",
        "half(1, by=2)",
        "if half(to == 3): pass",
        "def later(plt):\n    plt.show()",
        "from x import y",
        "print('df[\"name\"]')",
    ],
)
def test_what_may_still_become_right_is_let_go(live: Live, code: str) -> None:
    found = first_seen(code, live)
    assert found is None or found[0].guard == "names"


def test_it_does_not_matter_how_the_text_was_cut(live: Live) -> None:
    for end in range(len("x = df.applym"), len("x = df.applymap(")):
        alarm = guards.judge(Code("x = df.applymap("[: end + 1], 0, False), live)
        assert alarm is not None
        assert alarm.end == len("x = df.applym")


def test_most_tails_cost_nothing(live: Live) -> None:
    code = Code("x = [\n" + '    "text", 12,\n' * 5_000, 0, False)
    started = time.perf_counter()
    for _ in range(100):
        guards.judge(code, live)
    assert (time.perf_counter() - started) / 100 < 0.0005


def test_the_same_is_asked_once() -> None:
    asked = []

    def ask(program: str, question: object, seconds: float) -> object:
        asked.append(question)
        return live_ask(program, question, seconds)

    live_ask = live_of(SETUP)._ask
    live = Live(ask)
    first_seen("print(df.head(3).shape)", live)
    assert len(asked) <= 4  # df, df.head, the names, and what is behind the call
    live.forget()
    count = len(asked)
    first_seen("print(df.head(3).shape)", live)
    assert len(asked) == 2 * count
