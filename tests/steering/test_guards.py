"""Guards fire on what cannot be, at its place, and say nothing where they are not sure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from guarded import judged, live_of

from harness.steering import guards
from harness.steering.guards import Alarm, Code, Live

SETUP = """
import pandas as pd, numpy as np, seaborn as sns
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
df = pd.DataFrame({"age": [1, 2, 3], "two words": ["x", "y", "z"], "it's": [1.0, 2.0, 3.0]})
models = [1, 2]
known = {"key": 1}
def half(value, by=2): return value / by
class Own:
    def __init__(self): self.made = 1
own = Own()
"""


@pytest.fixture(scope="module")
def live() -> Live:
    return live_of(SETUP)


@pytest.mark.parametrize(
    ("guard", "wrong", "code"),
    [
        ("attributes", "applym", "df.applymap(str)"),
        ("attributes", "appe", "df['age'].append(1)"),
        ("attributes", "iteri", "pd.DataFrame(known).iteritems()"),
        ("attributes", "sa", "models.save('x')"),
        ("attributes", "float(", "np.float(1)"),
        ("attributes", "e", "own.else_"),
        ("attributes", "best_m", "GridSearchCV(1, {}).fit(1, 2).best_model_"),
        ("attributes", "noth", "def later():\n    return np.nothere(1)"),
        ("attributes", "fo", "def later():\n    m = LogisticRegression()\n    m.forget()"),
        (
            "attributes",
            "pref",
            "grid = 1\nfor i in [1]:\n    g = LogisticRegression()\n    g.prefit()",
        ),
        ("columns", "ag'", "df['ag'].mean()"),
        ("columns", "n", "df[['age', 'name']]"),
        ("columns", "n", "df.groupby('name').size()"),
        ("columns", "n", "df.groupby('age')['name'].sum()"),
        ("columns", "n", "df.sort_values(by=['age', 'name'])"),
        ("columns", "n", "df.drop(columns=['name'])"),
        ("columns", "n", "df.loc[:, 'name']"),
        ("columns", "n", "sns.histplot(data=df, x='name')"),
        ("columns", "n", "for i in range(2):\n    sns.histplot(data=df, x='name')"),
        ("columns", "n", "df[df['age'] > 1]['name']"),
        ("columns", "n", "df.assign(b=1).rename(columns={'b': 'c'})['name']"),
        ("columns", "ke'", "known['ke']"),
        ("arguments", "t", "half(1, to=3)"),
        ("arguments", ")", "half()"),
        ("arguments", "3", "half(1, 2, 3)"),
        ("arguments", "f", "train_test_split(df, folds=1)"),
        ("arguments", "1", "df.drop('age', 1)"),
        ("modules", "app", "import app"),
        ("modules", "LabelEncodi", "from sklearn.preprocessing import LabelEncoding"),
        ("names", "data", "print(data)"),
        ("imports", "plt", "plt.figure()"),
        ("imports", "plt", "def show():\n    plt.figure()"),
        ("bare", "json", "json.dumps(known)"),
        ("attributes", "shapp", "df['age'].shappe"),
        ("attributes", "toliz", "df.columns.tolizt()"),
        ("exports", "RandomForestClassifier", "m = RandomForestClassifier()"),
    ],
)
def test_what_cannot_be_is_seen(live: Live, guard: str, wrong: str, code: str) -> None:
    alarm = judged(code, live)
    assert alarm is not None
    assert (alarm.guard, code[alarm.at : alarm.end]) == (guard, wrong)


@pytest.mark.parametrize(
    "code",
    [
        "df.age.mean()",
        "df['new'] = df['age'] * 2",
        "df.assign(b=1)['b']",
        "df.rename(columns={'age': 'years'})['years']",
        "df.reset_index()['index']",
        "df.merge(df, on='age')['anything']",
        "df.groupby(df['age'] > 1).size()",
        "df.sort_values(by='age', inplace=False)",
        "df.drop(columns=['name'], errors='ignore')",
        "for name in ['a']:\n    df[name] = 1\n    df['made' + name]\n    df['made']",
        "if 'name' in df.columns:\n    df['name']",
        "try:\n    df['name']\nexcept KeyError:\n    pass",
        "try:\n    import app\nexcept ImportError:\n    app = None",
        "def later(frame):\n    return frame['name'].anything",
        "def later():\n    return df['made by then']",
        "df.attr = 1\ndf.attr",
        "own.made",
        "hasattr(own, 'new') and own.new",
        "if hasattr(np, 'float'):\n    np.float",
        "half(*models, **known)",
        "[x.anything for x in models]",
        "lambda data: data",
        "def later():\n    return not_yet",
        "from os import *\nprint(getcwd_or_so)",
        "exec('made = 1')\nprint(made)",
        "%matplotlib inline\nmade",
        "GridSearchCV(1, {}).fit(1, 2).best_params_",
        "LogisticRegression().fit(1, 2).coef_",
        "import sklearn.linear_model as lm\nlm.Ridge",
        "with open('x') as data:\n    data.anything",
        "df.columns = ['a', 'b', 'c']",
        "display(df)",
        "df.set_index('two words')['age'].x",
        "df.describe()['age'].std",
        "df.corr(numeric_only=True)['age'].age",
        "df.set_index('two words').T.anything",
        "df.dtypes.age",
        "df.mean(numeric_only=True).age",
        "df.iloc[0].age",
        "known.get('other')",
        "'df.applymap(str)'",
        "# df.applymap(str)",
        "f'{df.shape}'",
        "!pip install df.applymap",
        "%%bash\ndf.applymap",
    ],
)
def test_what_may_be_is_let_go(live: Live, code: str) -> None:
    assert judged(code, live) is None


def test_the_legal_names_of_the_place_are_told(live: Live) -> None:
    alarm = judged("df['two words'].meen()", live)
    assert alarm is not None
    assert alarm.legal is not None
    assert "mean" in alarm.legal


def test_legal_columns_are_written_as_the_quotes_need(live: Live) -> None:
    alarm = judged("df['its']", live)
    assert alarm is not None
    assert set(alarm.legal or ()) == {"age", "two words", r"it\'s"}


def test_an_import_is_written_and_nothing_is_forbidden(live: Live) -> None:
    alarm = judged("x = 1 + plt.nothing()", live)
    assert alarm is not None
    assert alarm.insert == "import matplotlib.pyplot as plt"


def test_a_customary_name_of_what_is_not_installed_is_no_import() -> None:
    alarm = judged("sm.OLS()", live_of())
    assert alarm is not None
    assert alarm.guard == "names"


def test_places_are_characters_of_the_cell(live: Live) -> None:
    cell = "title = 'größer 😀'\nprint('😀', df.applymap(str))"
    alarm = judged(cell, live, start=cell.index("print"))
    assert alarm is not None
    assert cell[alarm.at : alarm.end] == "applym"


def test_a_name_of_the_same_code_stands_for_what_it_was_assigned(live: Live) -> None:
    code = (
        "def run():\n    search = GridSearchCV(1, {})\n    search.fit(1, 2)\n    search.best_model_"
    )
    alarm = judged(code, live)
    assert alarm is not None
    assert alarm.message == "search has no attribute 'best_model_'"


def test_a_name_that_is_assigned_twice_stands_for_nothing_sure(live: Live) -> None:
    code = "def run(a):\n    x = LogisticRegression()\n    if a:\n        x = a\n    x.anything()"
    assert judged(code, live) is None


APP = """%%writefile app.py
from fastapi import FastAPI
import numpy as np

app = FastAPI()

@app.{method}("/predict")
def predict(row: dict):
    return {{"score": float(np.mean(list(row.values()))){more}}}
"""


def test_a_file_is_judged_by_its_own_imports(live: Live) -> None:
    assert judged(APP.format(method="post", more=""), live) is None
    alarm = judged(APP.format(method="pst", more=""), live)
    assert alarm is not None
    assert alarm.guard == "attributes"


def test_a_file_sees_no_name_of_the_kernel(live: Live) -> None:
    alarm = judged(APP.format(method="post", more=", 'all': pd.DataFrame(row)"), live)
    assert alarm is not None
    assert alarm.insert == "import pandas as pd"


def test_a_kernel_that_does_not_answer_has_no_guard() -> None:
    silent = Live(lambda _program, _question, _seconds: None)
    for code in ("df.applymap(str)", "import app", "print(data)", "plt.figure()", "half(1, to=3)"):
        assert judged(code, silent) is None


@pytest.mark.parametrize(
    "told",
    [
        "no",
        [],
        {"tables": {}, "facts": [3], "modules": {}},
        {"tables": {"0": [1]}, "facts": [], "modules": {}},
        {"tables": {}, "facts": [{"kind": "x", "signature": {"parameters": 1}}], "modules": {}},
        {"tables": {}, "facts": [], "modules": {"app": "perhaps"}, "names": 7},
    ],
)
def test_an_answer_that_is_none_is_no_alarm(told: object) -> None:
    forged = Live(lambda _program, _question, _seconds: told)
    assert judged("import app\n", forged) is None
    assert judged("df.anything(1)", forged) is None


def test_a_module_is_a_guard_by_being_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(guards.__file__).parent / "imports.py"
    folder = tmp_path / "more_guards"
    folder.mkdir()
    shutil.copy(source, folder / "custom.py")
    (folder / "__init__.py").write_text("")
    text = (folder / "custom.py").read_text().replace('NAME = "imports"', 'NAME = "custom"')
    (folder / "custom.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    found = guards.find("more_guards", folder)
    assert list(found) == ["custom"]
    assert isinstance(found["custom"](Code("plt.show()", 0, True), live_of()), Alarm)


@pytest.mark.parametrize(
    ("line", "imported"),
    [
        ("x: Literal['a'] = 'a'", "from typing import Literal"),
        ("app = FastAPI()", "from fastapi import FastAPI"),
    ],
)
def test_a_file_gets_the_import_of_what_one_module_offers(line: str, imported: str) -> None:
    alarm = judged(f"%%writefile app.py\n{line}\n", live_of())
    assert alarm is not None
    assert alarm.insert == imported


@pytest.mark.parametrize(
    ("cell", "at"),
    [("# %%writefile app.py\nimport json", 0), ("\n#%%file a.py\nx = 1", 1)],
)
def test_a_magic_in_a_comment_writes_no_file(cell: str, at: int) -> None:
    start = cell.rindex("\n") + 1
    alarm = judged(cell, live_of(), start)
    assert alarm is not None
    assert (alarm.guard, cell[alarm.at : alarm.end].strip(), alarm.at) == ("commented", "#", at)


@pytest.mark.parametrize(
    "cell", ["# %%time\nx = 1", "x = 1\n# %%writefile app.py\ny = 2", "# see %%writefile a\nx = 1"]
)
def test_other_comments_are_comments(cell: str) -> None:
    assert judged(cell, live_of(), cell.rindex("\n") + 1) is None


def test_a_magic_behind_a_file_begins_another_cell() -> None:
    cell = "%%writefile requirements.txt\nfastapi==1\n\n%%writefile Dockerfile\n"
    alarm = judged(cell, live_of(), 0)
    assert alarm is not None
    assert (alarm.guard, alarm.insert, alarm.splits) == ("apart", "%%writefile Dockerfile", True)
    assert cell[alarm.at : alarm.end] == "%%writefile Dockerfile"


@pytest.mark.parametrize(
    "cell",
    [
        "%%writefile a.txt\nfastapi\n%%writefile",  # its line is not whole yet
        "%%writefile notes.md\nWrite `%%writefile app.py` first.\n",
        "%%time\nx = 1\n%%writefile a.py\n",
        "x = 1\n",
    ],
)
def test_other_magics_stay_where_they_are(cell: str) -> None:
    alarm = judged(cell, live_of(), 0)
    assert alarm is None or alarm.guard != "apart"
