"""The program that looks at live objects: it runs none of their code, whatever they are."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from guarded import answer, judged, live_of

HOSTILE = """
class Hostile:
    calls = []
    def _hit(self, *a, **k):
        Hostile.calls.append(1)
        raise SystemExit
    __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = __dir__ = _hit
    __getitem__ = __call__ = _hit
    @property
    def shape(self): return self._hit()
    @property
    def columns(self): return self._hit()
class Any_(Hostile):
    def __getattr__(self, name): return self._hit()
class Meta(type):
    def __getattribute__(cls, name):
        Hostile.calls.append(1)
        raise SystemExit
class Sly(metaclass=Meta):
    @property
    def __class__(self): Hostile.calls.append(1); return dict
    @property
    def __dict__(self): Hostile.calls.append(1); return {}
class Frame(__import__("pandas").DataFrame):
    def __getitem__(self, key): Hostile.calls.append(1); raise SystemExit
plain, any_, sly, frame = Hostile(), Any_(), Sly(), Frame({"a": [1]})
mixed = {"a": plain}
"""


def facts(names: dict[str, Any], *texts: str) -> list[Any]:
    found = answer({"look": [[text, False] for text in texts]}, names)["facts"]
    assert isinstance(found, list)
    return found


def hostile() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(HOSTILE, names)
    return names


@pytest.mark.parametrize(
    "text",
    ["plain", "plain.shape", "any_", "any_.x", "sly", "sly.x", "frame", "frame['a']", "mixed['a']"],
)
def test_no_code_of_an_object_is_run(text: str) -> None:
    names = hostile()
    facts(names, text, f"{text}.columns", f"{text}['x']", f"{text}()", f"{text}(1).x")
    assert names["Hostile"].calls == []


@pytest.mark.parametrize("text", ["any_.x", "sly.x", "any_['a']", "frame['b']", "any_(foo=1)"])
def test_what_makes_its_own_names_says_nothing(text: str) -> None:
    names = hostile()
    names.pop("__builtins__")
    assert judged(text, live_of(**names)) is None


def test_a_function_that_lies_about_its_signature_says_nothing() -> None:
    live = live_of("def f(*a, **k): pass\nf.__signature__ = 'x'\ndef g(a): pass\ng.__wrapped__ = f")
    assert judged("f(1, b=2)", live) is None
    assert judged("g(1, b=2)", live) is None


@pytest.mark.parametrize(
    ("columns", "is_silent"),
    [
        (['a"b', "c\nd", "😀", "e'f", "\\"], False),
        ([f"c{i}" for i in range(10_000)], False),
        ([f"c{i}" for i in range(10_001)], True),
        (["twice", "twice"], False),
        ([1, 2.5, None], False),
        (pd.MultiIndex.from_tuples([("a", "b")]), True),
        (pd.DatetimeIndex(["2020-01-01"]), True),
        (pd.CategoricalIndex(["a"]), True),
    ],
)
def test_columns_of_every_kind(columns: Any, is_silent: bool) -> None:
    live = live_of(df=pd.DataFrame([range(len(columns))], columns=columns))
    assert (judged("df['never there']", live) is None) == is_silent


def test_a_long_table_says_what_its_columns_have() -> None:
    live = live_of(df=pd.DataFrame({"a": range(20_000)}))
    assert judged("df['a'].dtypez", live) is not None
    assert judged("df[df['a'] > 3]['a'].dtypez", live) is not None


@pytest.mark.parametrize("name", ['a"b', "c\nd", "😀", "e'f", "\\", " "])
def test_odd_columns_are_found_as_they_are_written(name: str) -> None:
    live = live_of(df=pd.DataFrame({name: [1]}))
    assert judged(f"df[{name!r}]", live) is None
    assert judged("df.groupby('no')", live) is not None


def test_a_column_that_is_there_twice_is_no_column() -> None:
    live = live_of(df=pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert judged("df['a'].columns", live) is None


def test_attributes_that_methods_set_later_are_legal() -> None:
    live = live_of(
        "class Own:\n    def fit(self): self.fitted_ = 1\n"
        "class Sets:\n    def fit(self): setattr(self, 'x', 1)\n"
        "def make(): return Own()"
    )
    assert judged("Own().fitted_", live) is None
    assert judged("Own().fited_", live) is not None
    assert judged("Sets().anything", live) is None
    assert judged("make().anything", live) is None


def test_a_module_of_the_work_folder_is_not_imported(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    live = live_of()
    assert judged("import app", live) is None
    assert judged("from app import anything", live) is None


def test_files_of_the_work_folder_can_be_read(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/table.csv").write_text("a\n")
    monkeypatch.chdir(tmp_path)
    live = live_of("import pandas as pd")
    assert judged("pd.read_csv('deep/table.csv')", live) is None
    assert judged("pd.read_csv('/elsewhere/table.csv')", live) is None
    alarm = judged("pd.read_csv('table.csv')", live)
    assert alarm is not None
    assert alarm.legal == ("deep/table.csv",)
