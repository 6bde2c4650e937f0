"""Names as people give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError, UnknownNameError
from harness.project import datasets, names

KNOWN = ("qwen2.5-coder", "codellama-7b", "codellama-13b", "codellama")


@pytest.mark.parametrize(
    ("given", "found"),
    [("qwen", "qwen2.5-coder"), ("codellama-7", "codellama-7b"), ("codellama", "codellama")],
)
def test_the_beginning_of_one_name_is_enough_and_a_whole_one_wins(given: str, found: str) -> None:
    assert names.full("model", given, KNOWN) == found


def test_what_several_begin_with_names_them() -> None:
    with pytest.raises(HarnessError) as caught:
        names.full("model", "codellama-", KNOWN)
    assert str(caught.value) == (
        "2 models begin with 'codellama-': codellama-13b, codellama-7b. Give more of the name"
    )


@pytest.mark.parametrize("given", ["", "wen", "qwen2.5-coder-1.5b"])
def test_what_none_begins_with_is_unknown(given: str) -> None:
    with pytest.raises(UnknownNameError):
        names.full("model", given, KNOWN)
    assert names.full_or_same("model", given, KNOWN) == given


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my things.csv", "my-things.csv"),
        ("Ünïcode 表.csv", "Unicode.csv"),
        ("a (1).csv", "a-1.csv"),
        ("../../etc", "etc"),
        ("x" * 200, "x" * 100),
    ],
)
def test_any_text_makes_a_name(text: str, name: str) -> None:
    assert names.made_of(text) == name


@pytest.mark.parametrize("name", ["any", "Any"])
def test_the_scope_of_fixes_is_no_datasets_name(project: Path, name: str) -> None:
    (project / "data/telco").rename(project / "data" / name)
    with pytest.raises(HarnessError, match=f"called '{name}'.* means all datasets. Rename data/"):
        datasets.load(project, name)


@pytest.mark.parametrize("text", ["", "...", "表"])
def test_what_has_no_letters_makes_none(text: str) -> None:
    with pytest.raises(HarnessError, match="gives no name"):
        names.made_of(text)
