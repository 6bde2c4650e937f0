"""Which fixes a run gets: the library's, then its stage's, as far as they are for its dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import fixes
from harness.errors import ConfigError, HarnessError

RULE = (
    "Description: Why\nAuthor: A <a@b>\nDate: 2026-11-24\nCause: syntax\n{more}"
    "rule:\n  pattern: $A.old()\nrewrite: $A.new()\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two fixes of the library, and three of a stage."""
    for name, more in (
        ("library/010-a", ""),
        ("library/900-z", "Dataset: any\n"),
        ("eda/010-b", "Dataset: telco\n"),
        ("eda/020-c", "Dataset: any\n"),
        ("eda/030-d", ""),
    ):
        path = tmp_path / f"fixes/{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(RULE.format(more=more))
    return tmp_path


def ids(folder: Path, stage: str, dataset: str) -> list[str]:
    return [fix.id for fix in fixes.series(folder, stage, dataset)]


def test_a_run_gets_the_library_and_what_is_for_its_dataset(folder: Path) -> None:
    library = ["010-a", "900-z"]
    assert ids(folder, "eda", "telco") == [*library, "010-b", "020-c", "030-d"]
    assert ids(folder, "eda", "penguins") == [*library, "020-c", "030-d"]
    assert ids(folder, "other", "telco") == library


def test_the_library_is_switched_off_by_a_line(folder: Path) -> None:
    file = folder / "fixes/series.toml"
    file.write_text("library = false\n")
    assert ids(folder, "eda", "telco") == ["010-b", "020-c", "030-d"]
    file.write_text("library = true\n")
    assert ids(folder, "eda", "telco")[:2] == ["010-a", "900-z"]
    for text, said in (
        ("libary = false\n", "Did you mean 'library'"),
        ("library = 3\n", ":1: lib"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigError, match=said):
            ids(folder, "eda", "telco")


def test_names_are_told_apart_across_folders(folder: Path) -> None:
    (folder / "fixes/eda/900-z.yml").write_text(RULE.format(more=""))
    with pytest.raises(ConfigError, match=r"eda/900-z\.yml: library/900-z\.yml has the same name"):
        ids(folder, "eda", "telco")
    with pytest.raises(HarnessError, match="cannot be called library"):
        ids(folder, "library", "telco")


def test_no_fixes_are_none(tmp_path: Path) -> None:
    assert fixes.series(tmp_path, "eda", "telco") == ()
    assert fixes.names(tmp_path) == []
