"""A table in any format, copied or referred to, is the one that is used, and no other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import Cli

from harness.errors import ConfigError, DataError, UnknownNameError
from harness.profiles import rows
from harness.project import datasets
from harness.records import DatasetSpec

GOOD = "x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(50))
TOML = """# mine
description = "D"
task = "explore"
file = "d.csv"  # the name

[columns]
x = "X"
"""


@pytest.fixture
def folder(project: Path) -> Path:
    made = project / "data/d"
    made.mkdir()
    (made / "dataset.toml").write_text(TOML)
    return made


def spec(project: Path) -> DatasetSpec:
    return datasets.load(project, "d")


def take(project: Path, path: Path, **options: bool) -> datasets.Table:
    options = {"unverified": False, **options}
    return datasets.import_table(project, spec(project), path, **options)


def test_a_table_that_is_referred_to_is_not_copied(project: Path, folder: Path) -> None:
    path = project.parent / "large.csv"
    path.write_text(GOOD)
    assert take(project, path, refer=True).path == path
    assert [one.name for one in folder.iterdir()] == ["dataset.toml"]
    text = (folder / "dataset.toml").read_text()
    assert "# mine" in text
    assert "# the name" in text
    assert spec(project).columns == {"x": "X"}
    assert datasets.open_dataset(project, "d").profile.file == "d.csv"


def test_a_relative_path_is_told_from_the_dataset(project: Path, folder: Path) -> None:
    (folder / "dataset.toml").write_text('path = "../big/t.csv"\n' + TOML)
    (project / "data/big").mkdir()
    (project / "data/big/t.csv").write_text(GOOD)
    assert datasets.table(project, spec(project)).path.samefile(project / "data/big/t.csv")


def test_a_table_that_has_gone_is_not_replaced_by_another(project: Path, folder: Path) -> None:
    path = project.parent / "large.csv"
    path.write_text(GOOD)
    (folder / "d.csv").write_text(GOOD)
    take(project, path, refer=True)
    path.unlink()
    with pytest.raises(DataError, match=r"refers to .*large\.csv, which is not there"):
        datasets.table(project, spec(project))


def test_a_table_that_has_changed_is_told_until_it_is_meant(project: Path, folder: Path) -> None:
    path = project.parent / "large.csv"
    path.write_text(GOOD)
    take(project, path, refer=True)
    path.write_text(GOOD + "7,7\n")
    with pytest.raises(DataError, match="not the file any more") as caught:
        datasets.table(project, spec(project))
    assert caught.value.hint.endswith("--refer --unverified")
    take(project, path, refer=True, unverified=True)
    assert datasets.table(project, spec(project)).path == path
    assert len(spec(project).sha256) == 2


def test_a_copy_takes_the_place_of_what_was_referred_to(project: Path, folder: Path) -> None:
    path = project.parent / "large.csv"
    path.write_text(GOOD)
    take(project, path, refer=True)
    assert take(project, path).path == folder / "d.csv"
    assert spec(project).path is None


def test_a_file_that_is_refused_changes_no_reference(project: Path, folder: Path) -> None:
    before = (folder / "dataset.toml").read_text()
    path = project.parent / "bad.csv"
    path.write_text(GOOD + "7\n")
    with pytest.raises(DataError, match="line 52 has 1 field"):
        take(project, path, refer=True)
    assert (folder / "dataset.toml").read_text() == before


def test_a_file_that_cannot_be_changed_says_what_to_write(project: Path, folder: Path) -> None:
    path = project.parent / "large.csv"
    path.write_text(GOOD)
    before = spec(project)
    (folder / "dataset.toml").unlink()
    with pytest.raises((ConfigError, UnknownNameError)):
        datasets.import_table(project, before, path, unverified=False, refer=True)


def test_the_sheet_that_is_named_is_all_that_code_gets(project: Path, folder: Path) -> None:
    from table_files import workbook

    path = workbook(project.parent / "w.xlsx", One=[["x", "y"], [3, 4]], Two=[["x", "y"], [1, 2]])
    toml = TOML.replace('"d.csv"', '"d.xlsx"')
    (folder / "dataset.toml").write_text(toml)
    with pytest.raises(DataError, match="has several sheets: 'One', 'Two'") as caught:
        take(project, path)
    (folder / "dataset.toml").write_text(f"{caught.value.hint[10:].split(' in ')[0]}\n{toml}")
    assert spec(project).sheet == "One"
    made = take(project, path)
    assert list(rows.values(made.visible)) == [["x", "y"], ["3", "4"]]
    assert made.path.read_bytes() == path.read_bytes()


def test_a_workbook_does_not_go_by_the_name_of_text(project: Path, folder: Path) -> None:
    from table_files import workbook

    path = workbook(project.parent / "w.xlsx", One=[["a"], [1]])
    with pytest.raises(DataError, match=r"is Excel, and as d\.csv it would be taken for CSV"):
        take(project, path)
    assert os.listdir(folder) == ["dataset.toml"]  # noqa: PTH208


def test_the_command_refers_to_a_file(cli: Cli, project: Path, folder: Path) -> None:
    path = project.parent / "large.csv"
    path.write_text(GOOD)
    done = cli("data", "import", "d", path, "--refer")
    assert (done.returncode, done.stderr) == (0, "")
    assert spec(project).path == path
