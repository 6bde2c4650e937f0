"""A dataset.toml is written for any column, and reads back to the same dataset."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.project import config, description
from harness.records import ColumnProfile, DatasetSpec, Holdout, TableProfile, Task

ODD = (
    "plain",
    "two words",
    'a "quoted" one',
    "a\nb\tc\r",
    "é🙂",
    "a=b",
    "#",
    "[x]",
    "a.b",
    "",
    "\x7f\x1b",
)


def column(name: str, **facts: object) -> ColumnProfile:
    return ColumnProfile.model_validate(
        {"name": name, "type": "integer", "distinct": 3, "missing": 0, "blank": 0, **facts}
    )


def profile_of(*columns: ColumnProfile) -> TableProfile:
    return TableProfile(
        dataset="d",
        file="d.csv",
        sha256="0" * 64,
        rows=9,
        synthetic=False,
        description="",
        task=Task.EXPLORE,
        target=None,
        target_balance=(),
        columns=columns,
    )


def spec_of(names: tuple[str, ...], **more: object) -> DatasetSpec:
    values: dict[str, object] = {
        "name": "d",
        "description": "D",
        "task": "binary",
        "target": names[0],
        "positive": names[-1],
        "file": "d.csv",
        "holdout": Holdout(share=0.2),
        "columns": dict.fromkeys(names, ""),
    }
    return DatasetSpec.model_validate({**values, **more})


def back(text: str) -> DatasetSpec:
    return DatasetSpec.model_validate({**tomllib.loads(text), "name": "d"})


@pytest.mark.parametrize("name", ODD)
def test_any_name_of_a_column_reads_back(name: str) -> None:
    spec = spec_of((name, "other"), columns={name: name, "other": ""}, units={name: name})
    assert (
        back(description.text(spec, profile_of(column(name), column("other")), "roc_auc")) == spec
    )


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_text_there_is_reads_back(name: str, meaning: str) -> None:
    name, meaning = (one.encode(errors="ignore").decode() for one in (name, meaning))
    facts = column(name, quirks=(meaning,), examples=(meaning,), minimum=meaning, maximum=name)
    spec = spec_of((name,), positive=meaning, description=meaning, columns={name: meaning})
    text = description.text(spec, profile_of(facts))
    assert back(text) == spec
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("task", ["multiclass", "regression", "explore"])
def test_every_task_reads_back(task: str) -> None:
    target = None if task == "explore" else "y"
    path = Path("/far/away.xlsx") if task == "multiclass" else None
    share = Holdout(share=0 if task == "explore" else 0.2)
    digests = ("0" * 64,) if path else ()
    more = {"holdout": share, "path": path, "sheet": "S 1", "sha256": digests}
    spec = spec_of(("x",), task=task, target=target, positive=None, **more)
    assert back(description.text(spec, profile_of(column("x")))) == spec


def test_a_line_per_column_tells_its_facts() -> None:
    facts = column("age", minimum="0", maximum="72", missing=12, quirks=("a quirk",))
    text = description.text(spec_of(("y", "age")), profile_of(column("y"), facts))
    assert 'age = ""  # integer; 0 to 72; 12 missing; a quirk' in text.splitlines()
    assert config.line_of(text, ("columns", "age")) == 1 + text.splitlines().index(
        'age = ""  # integer; 0 to 72; 12 missing; a quirk'
    )


def test_a_file_of_thousands_of_long_names_can_still_be_read(tmp_path: Path) -> None:
    names = tuple(f"{number:05}{'n' * 200}" for number in range(5000))
    spec = spec_of(names, columns=dict.fromkeys(names, ""))
    text = description.text(spec, profile_of(*map(column, names)))
    path = tmp_path / "dataset.toml"
    path.write_text(text)
    assert config.read_toml(path)["target"] == names[0]


@pytest.mark.parametrize("suggested", ["holdout = {", "row = ", "roc_auc = ", "positive_means = "])
def test_what_is_commented_out_can_be_commented_in(suggested: str) -> None:
    columns = (column("y"), column("day", type="date"))
    text = description.text(spec_of(("y", "day")), profile_of(*columns), "roc_auc")
    lines = text.splitlines()
    (at,) = (i for i, line in enumerate(lines) if line.startswith("#") and suggested in line)
    lines[at] = suggested + lines[at].partition(suggested)[2]
    if suggested.startswith("holdout"):
        lines.remove("holdout = 0.2")
    if suggested.startswith("roc_auc"):
        lines[at - 1] = lines[at - 1].removeprefix("# ")
    back("\n".join(lines))
