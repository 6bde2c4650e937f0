"""Calls that are going or gone: warned of, failed, or seen by ruff."""

from __future__ import annotations

import json
import re
import subprocess
import time

import pytest
from planted import failed, places, planted, ran, subject
from ruff import find_ruff_bin

from harness.findings.deprecations import find, notes
from harness.findings.deprecations.linted import COUNTED, STYLE
from harness.records import Severity

PANDAS = "import numpy as np\nimport pandas as pd\n"
STATIC = [
    "«np.float»(3)",
    "«np.NaN»",
    "«np.product»([1, 2])",
    "«np.in1d»(a, b)",
    "df.drop(columns='a', «inplace=True»)",
    "df = pd.read_csv('a.csv')\n«df.ix[0]»",
    "from typing import List\n",
    "frame.«applymap»(str)",
    "frame.fillna(«method='ffill'»)",
    "model.fit(frame.drop(['date'], «1»))",
    "pd.read_csv('a.csv', «delim_whitespace=True»)",
    "«pd.value_counts»(a)",
    "from sklearn.metrics import «plot_roc_curve»",
    "from sklearn.preprocessing import OneHotEncoder\nOneHotEncoder(«sparse=False»)",
    "from sklearn.metrics import mean_squared_error as mse\nmse(a, b, «squared=False»)",
    "from sklearn.linear_model import LogisticRegression\nLogisticRegression(«penalty='l1'»)",
    "import seaborn as sns\n«sns.distplot»(a)",
    "import matplotlib.cm as cm\n«cm.get_cmap»('hot')",
    "trial.«suggest_loguniform»('rate', 0.01, 0.1)",
    "from sklearn.cross_validation import «train_test_split»",
    "import matplotlib.pyplot as plt\n«plt.cm.get_cmap»('hot')",
    "import matplotlib.pyplot as plt\nplt.boxplot(a, «labels=names»)",
    "from sklearn.linear_model import LogisticRegression\nLogisticRegression(«multi_class='ovr'»)",
    "import seaborn as sns\nsns.kdeplot(a, «shade=True»)",
]


@pytest.mark.parametrize("code", STATIC)
def test_code_that_nothing_ran_of_is_judged_by_what_is_installed(code: str) -> None:
    cells = [PANDAS, code]
    expected = planted(cells) or [("c1", 1, 0, "from typing import List")]
    assert places(subject(cells), find) == expected


def test_ruff_and_the_notes_tell_of_one_call_once_and_its_comments_are_not_heard() -> None:
    cells = [PANDAS, "# ruff: noqa\nx = «np.float»(3)  # noqa"]
    given = subject(cells)
    (found,) = find(given)
    assert places(given, find) == planted(cells)
    assert (found.rule, found.severity, found.replacement) == ("removed", Severity.ERROR, "float")
    assert "numpy 1.24" in found.message
    assert "ruff NPY001" in found.evidence


def test_what_is_not_known_to_be_installed_is_judged_by_ruff_alone() -> None:
    cells = [PANDAS, "frame.applymap(str)\ndf.drop(columns='a', inplace=True)\n«np.Inf»"]
    assert places(subject(cells, packages={}), find) == planted(cells)
    older = {"pandas": "2.2.3", "numpy": "1.26.4"}
    assert places(subject(cells, packages=older), find) == planted(cells)


def printed(line: int, category: str, message: str, text: str, path: str = "") -> str:
    return f"{path or '/tmp/ipykernel_7/123456.py'}:{line}: {category}: {message}\n  {text}\n"


WARNED = [
    (
        "frame.«select_dtypes»('object')",
        "Pandas4Warning",
        "select_dtypes by 'object' is deprecated and will be removed in a future version.",
    ),
    (
        "frame.resample(«'M'»)",
        "FutureWarning",
        "'M' is deprecated and will be removed in a future version, please use 'ME' instead.",
    ),
    (
        "x = series.«mode»()",
        "DeprecationWarning",
        "Series.mode is deprecated since 3.2 and will be removed in 4.0. Use `Series.modes`.",
    ),
    (
        "model = Model(«n_jobs=2»)",
        "FutureWarning",
        "'n_jobs' was deprecated in version 1.8 and will be removed in 1.10.",
    ),
    ("«collect»(1)", "PendingDeprecationWarning", "collect() will be deprecated"),
    ("«a + b»", "FutureWarning", "Something unheard of happens here."),
    (
        "sns.«barplot»(a, palette=b)",
        "FutureWarning",
        "\n\nPassing values to `barplot` is deprecated and will be removed in v0.14.0.\n",
    ),
]


@pytest.mark.parametrize(("code", "category", "message"), WARNED)
def test_a_warning_is_found_at_its_line(code: str, category: str, message: str) -> None:
    cells = ["import other as sns", f"first = 1\n{code}"]
    if "'M'" in code:  # of a value, the line is all that is known
        cells[1] = "first = 1\n«frame.resample('M')»"
    text = subject(cells).notebook.sources["c1"].split("\n")[1]
    given = subject(cells, printed={"c1": "before\n" + printed(2, category, message, text)})
    found = [one for one in places(given, find) if one[0] == "c1"]
    if code.startswith("sns."):  # an import's, with all that leads to it
        cells[1] = "first = 1\n«sns.barplot»(a, palette=b)"
    assert found == planted(cells)


def test_a_warning_tells_the_release_and_what_to_write() -> None:
    code, category, message = WARNED[2]
    given = subject([code], printed={"c0": printed(1, category, message, "x = series.mode()")})
    (found,) = find(given)
    assert found.message == "'mode' is deprecated since 3.2, and goes with 4.0."
    assert found.replacement == "Series.modes"
    assert found.evidence.startswith("DeprecationWarning: Series.mode")


def test_a_warning_of_a_function_of_an_earlier_cell_is_that_cells() -> None:
    cells = ["def f(x):\n    return x.«old»()", "f(1)\nf(2)"]
    told = printed(2, "FutureWarning", "old() is deprecated", "return x.old()")
    assert places(subject(cells, printed={"c1": told}), find) == planted(cells)


@pytest.mark.parametrize(
    "told",
    [
        printed(1, "FutureWarning", "old() goes", "x.old()", "/lib/site-packages/a.py"),
        printed(1, "FutureWarning", "old() goes", "another.line()"),
        printed(9, "FutureWarning", "old() goes", "x.old()"),
        printed(1, "UserWarning", "old() is slow", "x.old()"),
        printed(1, "RuntimeWarning", "old() overflowed", "x.old()"),
    ],
    ids=["library", "text", "line", "user", "runtime"],
)
def test_what_is_no_deprecation_of_a_cells_own_line_is_none(told: str) -> None:
    assert list(find(subject(["x.old()"], printed={"c0": told}))) == []


def test_a_record_alone_tells_the_place_by_the_call_that_it_names() -> None:
    cells = ["a = 1\nframe.«select_dtypes»('object')\nframe.select_dtypes('number')"]
    said = "FutureWarning: DataFrame.select_dtypes is deprecated"
    assert places(subject(cells, results=ran("c0", warnings=(said,))), find) == planted(cells)
    other = "FutureWarning: Elsewhere.entirely is deprecated"
    assert list(find(subject(cells, results=ran("c0", warnings=(other,))))) == []


def test_a_warning_and_ruff_at_one_place_are_one() -> None:
    cells = [PANDAS, "df.drop(columns='a', «inplace=True»)"]
    said = "The inplace keyword in DataFrame.drop is deprecated and will be removed (PDEP-8)."
    text = "df.drop(columns='a', inplace=True)"
    given = subject(cells, printed={"c1": printed(1, "Pandas4Warning", said, text)})
    assert places(given, find) == planted(cells)
    (found,) = find(given)
    assert "Pandas4Warning" in found.evidence
    assert "ruff PD002" in found.evidence


def test_silenced_warnings_leave_what_ruff_and_the_notes_say() -> None:
    cells = [
        f"import warnings\nwarnings.filterwarnings('ignore')\n{PANDAS}",
        "df.dropna(«inplace=True»)",
    ]
    assert places(subject(cells, results=ran("c0") | ran("c1"), printed={"c1": ""}), find) == (
        planted(cells)
    )


FAILED = [
    ("df = df.«append»(row)", "AttributeError", "'DataFrame' object has no attribute 'append'"),
    (
        "for k, v in df.«iteritems»():",
        "AttributeError",
        "'Series' object has no attribute 'iteritems'",
    ),
    ("«np.float»(3)", "AttributeError", "module 'numpy' has no attribute 'float'.\nmore"),
    ("«np.NaN»", "AttributeError", "`np.NaN` was removed in the NumPy 2.0 release."),
    (
        "from sklearn.datasets import «load_boston»",
        "ImportError",
        "`load_boston` has been removed from scikit-learn since version 1.2.",
    ),
    (
        "from sklearn.metrics import «plot_roc_curve»",
        "ImportError",
        "cannot import name 'plot_roc_curve' from 'sklearn.metrics' (/a.py)",
    ),
    (
        "import «sklearn.cross_validation»",
        "ModuleNotFoundError",
        "No module named 'sklearn.cross_validation'",
    ),
    (
        "m.fit(X, y, «early_stopping_rounds=9»)",
        "TypeError",
        "XGBModel.fit() got an unexpected keyword argument 'early_stopping_rounds'",
    ),
    (
        "Encoder(«sparse=False»)",
        "TypeError",
        "OneHotEncoder.__init__() got an unexpected keyword argument 'sparse'",
    ),
    (
        "model.fit(df.drop(['date'], «1»))",
        "TypeError",
        "DataFrame.drop() takes from 1 to 2 positional arguments but 3 were given",
    ),
    (
        "df.fillna(«method='bfill'»)",
        "TypeError",
        "NDFrame.fillna() got an unexpected keyword argument 'method'",
    ),
    (
        "Forest(«max_features='auto'»)",
        "InvalidParameterError",
        "The 'max_features' parameter of Forest must be an int. Got 'auto' instead.",
    ),
    (
        "plt.style.«use»('seaborn')",
        "OSError",
        "'seaborn' is not a valid package style, path of style file",
    ),
]


@pytest.mark.parametrize(("code", "error", "message"), FAILED)
def test_a_call_that_failed_because_it_is_gone_is_found(
    code: str, error: str, message: str
) -> None:
    code = f"{code}\n    pass" if code.endswith(":") else code
    cells = [PANDAS, f"first = 1\n{code}"]
    text = subject(cells).notebook.sources["c1"].split("\n")[1]
    given = subject(cells, results=ran("c0") | failed("c1", error, message, 2, text))
    assert places(given, find) == planted(cells)
    (found,) = find(given)
    assert (found.rule, bool(found.replacement)) == ("removed", True)
    assert "https://" in found.evidence


def test_an_error_of_another_cause_is_none() -> None:
    message = "'list' object has no attribute 'append'"
    text = "x.append(1)"
    assert (
        list(find(subject([text], results=failed("c0", "AttributeError", message, 1, text)))) == []
    )


def test_a_cell_that_cannot_be_read_hides_no_other_and_has_what_stands_before_the_break() -> None:
    broken = "frame = pd.DataFrame()\nframe.fillna(«method='ffill'»)\nprint(frame.sum("
    docker = "# Dockerfile\nFROM python:3.12\nRUN pip install pandas"
    cells = [PANDAS, broken, docker, "np.«Inf»"]
    unread = failed("c1", "SyntaxError", "'(' was never closed", 3, "print(frame.sum(")
    given = subject(cells, results=ran("c0") | unread)
    expected = [*planted(cells)[:-1], ("c3", 1, 0, "np.Inf")]
    assert places(given, find) == expected  # nothing of what cannot be read ran


def test_what_ran_or_stands_in_a_branch_is_not_gone() -> None:
    cells = ["import seaborn as sns", "sns.factorplot(a)"]
    assert list(find(subject(cells, results=ran("c0") | ran("c1")))) == []
    branch = ["import seaborn as sns", "if old:\n    sns.factorplot(a)"]
    assert list(find(subject(branch))) == []


def test_each_rule_of_ruff_is_counted_or_is_style() -> None:
    told = subprocess.run(
        [find_ruff_bin(), "rule", "--all", "--output-format", "json"],
        capture_output=True,
        check=True,
    )
    codes = [one["code"] or "" for one in json.loads(told.stdout)]
    assert {one for one in codes if re.fullmatch(r"(?:NPY|PD|UP)\d+", one)} == set(COUNTED) | STYLE
    assert not set(COUNTED) & STYLE


def test_each_note_says_where_it_is_from_and_what_to_write() -> None:
    known = notes.known()
    every = [entry for group in known for entry in group.values()]
    assert {"pandas", "numpy", "scikit-learn", "xgboost", "matplotlib", "seaborn", "optuna"} == {
        one.release.library for one in every
    }
    assert all(one.replacement and one.release.source.startswith("https://") for one in every)


@pytest.mark.parametrize(
    "cells",
    [
        ["import numpy as np\n" + "x = " + "(" * 3_000],
        ["import numpy as np\n" + "x = " + "-" * 50_000 + "1"],
        ["import numpy as np\nx = '\ud800'"],
        ["x" + ".a" * 30_000],
        ["%%html\n<b>np.float</b>", "!pip install numpy", "%matplotlib inline\nawait x"],
    ],
    ids=["open", "deep", "surrogate", "attributes", "magics"],
)
def test_hostile_code_is_none_and_takes_no_time(cells: list[str]) -> None:
    began = time.process_time()
    told = "a.py:1: FutureWarning: " * 20_000
    given = subject(cells, printed={"c0": told}, results=failed("c0", "E" * 9, told, 1, "x"))
    assert list(find(given)) == []
    assert time.process_time() - began < 5


def test_control_characters_of_a_warning_stay_on_one_line() -> None:
    message = "old is deprecated \x1b[31m" + "x" * 5_000
    given = subject(["x.old()"], printed={"c0": printed(1, "FutureWarning", message, "x.old()")})
    (found,) = find(given)
    assert len(found.evidence) < 400
    assert "\n" not in found.evidence


CLEAN = {
    "eda": [
        PANDAS,
        "df = pd.read_csv('churn.csv')\ndf = df.drop_duplicates().drop(columns='id')",
        "df['a'] = df['a'].fillna(df['a'].median())\nprint(df.select_dtypes('number').corr())",
        "rng = np.random.default_rng(0)\nprint(np.nan, rng.normal(), df.values, df.isnull().sum())",
        "np.random.seed(42)\nprint(np.bool_(True), np.trapezoid([1, 2]))",
    ],
    "modeling": [
        "import optuna\nfrom sklearn.metrics import RocCurveDisplay, root_mean_squared_error",
        "from xgboost import XGBClassifier\n"
        "model = XGBClassifier(early_stopping_rounds=9, eval_metric='auc')",
        "model.fit(X_train, y_train, eval_set=[(X_valid, y_valid)], verbose=False)",
        "rate = trial.suggest_float('rate', 0.01, 0.3, log=True)",
    ],
    "service": [
        "from collections.abc import Mapping\nfrom fastapi import FastAPI\napp = FastAPI()",
        "@app.post('/predict')\ndef predict(rows: list[dict[str, str]]) -> dict[str, float]:\n"
        "    return {}",
    ],
}


@pytest.mark.parametrize("cells", CLEAN.values(), ids=CLEAN)
def test_a_clean_notebook_has_none(cells: list[str]) -> None:
    assert list(find(subject(cells))) == []
