"""The shipped library: each rule is true of what is installed, however it is spelt."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from conftest import REPOSITORY
from notebook_text import code, failed, notebook, passed

from harness import fixes
from harness.fixes import files
from harness.project import stages
from harness.records import CheckResult, CheckStatus, Fix, Verdict

HOLDING = (CheckStatus.PASSED, CheckStatus.CLAIMED, CheckStatus.UNJUDGED)
SHIPPED = files.load(REPOSITORY, files.LIBRARY)
FRAME = (
    "import pandas as pd\n"
    "df = pd.DataFrame({'a': ['x', 'y', 'x'], 'b': [1.0, 2.0, 4.0], 'c': [3, 1, 2]})\n"
)
ENCODER = "from sklearn import preprocessing\nfrom sklearn.preprocessing import OneHotEncoder\n"
FITTED = f"{ENCODER}encoder = OneHotEncoder().fit([['a'], ['b']])\n"
ERROR = "from sklearn.metrics import mean_squared_error\ny, p = [1.0, 2.0], [1.5, 1.0]\n"
MODEL = "from xgboost import XGBRegressor\nX = y = [[1], [2]]\nm = XGBRegressor(n_estimators=1)\n"
STUDY = (
    "import optuna\nfrom optuna import create_study\noptuna.logging.disable_default_handler()\n"
    "def objective(trial):\n    return trial.suggest_float('x', 0, 1)\n"
    "study = tuning_study = optuna.create_study()\nstudy.optimize(objective, n_trials=1)\n"
)
ARRAY = "import numpy\nimport numpy as np\n"
PLOT = (
    "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\n"
    f"import seaborn as sns\n{FRAME}"
)
IMPORTED = "import matplotlib.pyplot as plt\nimport seaborn as sns\n"
WRITTEN = "import json\nwith open({0}, 'w') as file:\n    json.dump({1}, file)"

SPELLINGS = [
    # the fix, what stands above, what fails, what is written in its place
    ("010", "", "frame = pd.DataFrame()", "import pandas as pd\nframe = pd.DataFrame()"),
    ("010", "", "# a\nx = np.pi", "# a\nimport numpy as np\nx = np.pi"),
    (
        "010",
        "",
        "def f():\n    return json.dumps(1)\n\nf()",
        "import json\ndef f():\n    return json.dumps(1)\n\nf()",
    ),
    ("010", "", "print(f'{math.pi}')", "import math\nprint(f'{math.pi}')"),
    (
        "010",
        "y = [0, 1]\n",
        "r2_score(y, y)",
        "from sklearn.metrics import r2_score\nr2_score(y, y)",
    ),
    (
        "010",
        "import matplotlib\nmatplotlib.use('Agg')\n",
        "x = 1\nplt.figure()\nsns.set_theme()",
        IMPORTED + "x = 1\nplt.figure()\nsns.set_theme()",
    ),
    ("020", FRAME, "df.applymap(str)", "df.map(str)"),
    (
        "020",
        FRAME,
        "x = df[['b', 'c']].applymap(lambda v: v + 1)",
        "x = df[['b', 'c']].map(lambda v: v + 1)",
    ),
    ("040", FRAME, "df.corr()", "df.corr(numeric_only=True)"),
    (
        "040",
        FRAME,
        "x = df[['a', 'b']].mean().sort_values()",
        "x = df[['a', 'b']].mean(numeric_only=True).sort_values()",
    ),
    ("040", FRAME, "df.groupby('c').median()", "df.groupby('c').median(numeric_only=True)"),
    ("050", ENCODER, "OneHotEncoder(sparse=False)", "OneHotEncoder(sparse_output=False)"),
    (
        "050",
        ENCODER,
        "e = preprocessing.OneHotEncoder(drop='first', sparse=True, dtype=int)",
        "e = preprocessing.OneHotEncoder(drop='first', sparse_output=True, dtype=int)",
    ),
    ("060", FITTED, "encoder.get_feature_names()", "encoder.get_feature_names_out()"),
    (
        "060",
        FITTED,
        "x = list(encoder.get_feature_names(['c']))",
        "x = list(encoder.get_feature_names_out(['c']))",
    ),
    (
        "070",
        ERROR,
        "x = mean_squared_error(y, p, squared=False)",
        "x = (mean_squared_error(y, p) ** 0.5)",
    ),
    (
        "070",
        ERROR,
        "print(round(mean_squared_error(y_true=y, y_pred=p, squared=False), 2))",
        "print(round((mean_squared_error(y_true=y, y_pred=p) ** 0.5), 2))",
    ),
    ("080", MODEL, "m.fit(X, y, eval_metric='rmse')", "m.fit(X, y)"),
    (
        "080",
        MODEL,
        "m.fit(\n    X, y,\n    eval_metric='mae',\n    eval_set=[(X, y)],\n    verbose=False,\n)",
        "m.fit(\n    X, y,\n    eval_set=[(X, y)],\n    verbose=False,\n)",
    ),
    ("090", STUDY, "best = study.best_params_", "best = study.best_params"),
    ("090", STUDY, "dict(**tuning_study.best_params_)", "dict(**tuning_study.best_params)"),
    ("100", STUDY, "optuna.create_study(n_trials=3)", "optuna.create_study()"),
    (
        "100",
        STUDY,
        "create_study(n_trials=3, direction='maximize')",
        "create_study(direction='maximize')",
    ),
    (
        "100",
        STUDY,
        "create_study(direction='maximize', n_trials=3)",
        "create_study(direction='maximize')",
    ),
    ("110", ARRAY, "np.zeros(2, dtype=np.float)", "np.zeros(2, dtype=float)"),
    ("110", ARRAY, "x = [numpy.int(v) for v in '12']", "x = [int(v) for v in '12']"),
    ("120", PLOT, "plt.style.use('seaborn')", "plt.style.use('seaborn-v0_8')"),
    ("120", PLOT, 'plt.style.use("seaborn-whitegrid")', "plt.style.use('seaborn-v0_8')"),
    ("130", PLOT, "sns.countplot('a', data=df)", "sns.countplot(x='a', data=df)"),
    (
        "130",
        PLOT,
        "for c in ['a']:\n    sns.countplot(c, hue='c', data=df)",
        "for c in ['a']:\n    sns.countplot(x=c, hue='c', data=df)",
    ),
    ("140", FRAME, "list(df).save('a.json')", WRITTEN.format("'a.json'", "list(df)")),
    ("140", "names = ['a']\n", "names.to_json('a.json')", WRITTEN.format("'a.json'", "names")),
]


def shipped(number: str) -> Fix:
    (found,) = (fix for fix in SHIPPED if fix.id.startswith(number))
    return found


def run(source: str) -> Exception | None:
    """What a cell ends with in a fresh kernel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(source, {})
        except Exception as error:
            return error
    return None


def mended(number: str, error: Exception, *sources: str) -> tuple[Verdict, list[str]]:
    """The verdict of a fix, and the cells it leaves, of which the last failed."""
    raw = notebook(*(code(f"c{i}", source) for i, source in enumerate(sources)))
    last = failed(raw.code[-1].id, type(error).__name__, str(error))
    results = [*(passed(cell.id) for cell in raw.code[:-1]), last]
    done = fixes.apply_series(raw, results, [shipped(number)])
    return done.verdicts[0].verdict, [cell.source for cell in done.notebook.cells]


@pytest.mark.parametrize(("number", "above", "before", "after"), SPELLINGS)
def test_what_fails_in_the_installed_libraries_runs_with_its_fix(
    number: str,
    above: str,
    before: str,
    after: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    error = run(above + before)
    assert error is not None
    verdict, cells = mended(number, error, above, before)
    assert (verdict, cells) == (Verdict.APPLIED, [above.rstrip("\n"), after])
    assert run(f"{above}{after}") is None


def test_every_rule_of_the_library_has_several_spellings() -> None:
    told = [number for number, *_ in SPELLINGS]
    assert {fix.id[:3] for fix in SHIPPED} == {*told, "030"}
    assert [number for number in set(told) if told.count(number) < 2] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("df['a'].fillna(0, inplace=True)", "df['a'] = df['a'].fillna(0)"),
        ("df.a.replace('x', 'y', inplace=True)", "df.a = df.a.replace('x', 'y')"),
        (
            "for c in df:\n    df[c].fillna(df[c].mode()[0], inplace=True)",
            "for c in df:\n    df[c] = df[c].fillna(df[c].mode()[0])",
        ),
    ],
)
def test_what_has_no_effect_is_assigned_where_a_check_fails(before: str, after: str) -> None:
    raw, blank = notebook(code("a", before)), CheckResult(name="no blanks", status="failed")  # type: ignore[arg-type]
    for checks, source in (([blank], after), ([], before)):
        done = fixes.apply_series(raw, [passed("a")], [shipped("030")], (), checks)
        assert done.notebook.cells[0].source == source


@pytest.mark.parametrize(
    ("number", "error", "source"),
    [
        (
            "090",
            "AttributeError: no",
            "search = GridSearchCV(m, g).fit(X, y)\nprint(search.best_params_)",
        ),
        ("040", "TypeError: Cannot perform reduction 'mean' with string dtype", "df['a'].mean()"),
        (
            "040",
            "TypeError: Cannot perform reduction 'mean' with string dtype",
            "df.groupby('c')['a'].mean()",
        ),
        ("030", "KeyError: 'x'", "df.fillna(0, inplace=True)"),
        ("030", "KeyError: 'x'", "x = f(df['a'].sort_values(inplace=True))"),
        ("080", "TypeError: no such column", "m.fit(X, y, eval_metric='auc')"),
        ("110", "KeyError: 'x'", "np.float64(1), np.int_(2), df.np.float_"),
        ("120", "OSError: no", "plt.style.use('seaborn-v0_8-dark')\nplt.style.use('ggplot')"),
        ("010", "NameError: name 'customers' is not defined", "customers.json(np='pd.x')"),
        ("010", "KeyError: 'pd'", "import pandas as pd\npd.x"),
        ("010", "KeyError: 'x'", "def f(json):\n    return json.x"),
        ("130", "KeyError: 'x'", "plt.plot('a', 'b', data=df)\nsns.countplot(x='a', data=df)"),
    ],
)
def test_what_is_right_or_another_thing_is_left_alone(number: str, error: str, source: str) -> None:
    name, _, message = error.partition(": ")
    kind = type(name, (Exception,), {})
    verdict, cells = mended(number, kind(message), source)
    assert (verdict, cells) == (Verdict.OBSOLETE, [source])


def test_a_name_is_imported_once_and_not_where_a_cell_above_was_to_define_it() -> None:
    raw = notebook(code("a", "plt.show()"), code("b", "json = load()"), code("c", "plt.show(json)"))
    results = [
        failed("a", "NameError", "name 'plt' is not defined"),
        failed("b", "NameError", "name 'load' is not defined"),
        failed("c", "NameError", "name 'plt' is not defined"),
    ]
    done = fixes.apply_series(raw, results, [shipped("010")])
    assert [cell.source for cell in done.notebook.cells] == [
        "import matplotlib.pyplot as plt\nplt.show()",
        "json = load()",
        "plt.show(json)",
    ]
    results[2] = failed("c", "NameError", "name 'json' is not defined")
    done = fixes.apply_series(raw, results, [shipped("010")])
    assert done.notebook.cells[2].source == "plt.show(json)"


def test_what_fails_behind_another_failure_is_imported_at_once() -> None:
    above, cell = "study = tune(n_trials=1)", "best = study.best_params\njson.dumps(best)"
    error = NameError("name 'study' is not defined")
    verdict, cells = mended("010", error, above, cell)
    assert (verdict, cells) == (Verdict.APPLIED, [above, f"import json\n{cell}"])
    for known in ("import json", "from os import *", "def f():\n    import json"):
        assert mended("010", error, known, cell) == (Verdict.OBSOLETE, [known, cell])


def test_a_magic_and_a_future_stay_first() -> None:
    above = "%%time\nfrom __future__ import annotations\n"
    error = NameError("name 'pd' is not defined")
    _, cells = mended("010", error, f"{above}@pd.x\ndef f(): ...")
    assert cells == [f"{above}import pandas as pd\n@pd.x\ndef f(): ..."]


@pytest.mark.parametrize("dataset", ["penguins", "diamonds", "telco"])
def test_only_runs_on_a_dataset_get_its_shipped_fixes(dataset: str) -> None:
    for stage in stages.names(REPOSITORY):
        found = fixes.series(REPOSITORY, stage, dataset)
        assert found[: len(SHIPPED)] == SHIPPED
        assert {fix.dataset for fix in found} <= {"any", dataset}
        of_telco = {fix.id for fix in files.load(REPOSITORY, stage) if fix.dataset == "telco"}
        assert of_telco & {fix.id for fix in found} == (of_telco if dataset == "telco" else set())


def test_every_shipped_fix_says_for_which_dataset_it_is() -> None:
    for name in fixes.names(REPOSITORY):
        for path in files.files(REPOSITORY, name):
            assert "\nDataset: " in path.read_text(), path.name


def test_no_shipped_fix_touches_a_notebook_that_works() -> None:
    sources = [before for _, _, before, _ in SPELLINGS]
    raw = notebook(*(code(f"c{i}", source) for i, source in enumerate(sources)))
    every = [fix for name in fixes.names(REPOSITORY) for fix in files.load(REPOSITORY, name)]
    fine = [CheckResult(name=one.value, status=one) for one in HOLDING]
    done = fixes.apply_series(raw, [passed(cell.id) for cell in raw.code], every, (), fine)
    assert done.notebook.digest == raw.digest
    always = {fix.id for fix in every if str(fix.when) == "always"}  # their places are not here
    assert {one.verdict for one in done.verdicts if one.fix not in always} == {Verdict.OBSOLETE}
