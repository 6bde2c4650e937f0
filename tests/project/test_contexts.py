"""Contexts: entries of a file, each of which decides what a model is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import REPOSITORY, Cli
from herd import column, herd
from test_prompts import said, turns

from harness.errors import ConfigError, UnknownNameError
from harness.project import contexts
from harness.records import ContextSpec, Part, Task

PAGE = (REPOSITORY / "docs/stages.md").read_text()
# The entries that the page shows, as they stand there.
SHOWN = re.findall(r"```toml\n((?:\[[\w-]+\]\nabout = .*?)+)```", PAGE, re.DOTALL)
TAG = column(
    "tag", "text", distinct=30, missing=7, meaning="ear tag",
    quirks=("identifier: every value differs",), examples=("A-17", "B-4"),
)  # fmt: skip
TOLD = {
    Part.SIZE: "30 rows",
    Part.DESCRIPTION: "Cattle at a fair.",
    Part.BALANCE: "33.3%",
    Part.NAMES: '"tag"',
    Part.TYPES: "real",
    Part.RANGES: "1200",
    Part.LEVELS: 'values "Angus"',
    Part.EXAMPLES: "A-17",
    Part.MISSING: "7 missing",
    Part.MEANINGS: "ear tag",
    Part.QUIRKS: "every value differs",
    Part.UNITS: "kilograms",
}


def entry(project: Path, text: str) -> Path:
    path = project / contexts.FILE
    path.write_text(path.read_text() + text)
    return path


@pytest.mark.parametrize("part", Part)
def test_a_context_tells_the_parts_that_it_shows_and_no_other(project: Path, part: Part) -> None:
    others = [one.value for one in Part if one is not part]
    entry(project, f'\n[less]\nshows = {others}\nincludes = ["profile"]\n')
    table = herd(Task.MULTICLASS, TAG, units={"weight": "kilograms"})
    assert TOLD[part] in said(project, table)
    told = said(project, table, context="less")
    assert TOLD[part] not in told
    if part is not Part.NAMES:  # without which nothing of a column is told
        assert [one for one in others if TOLD[Part(one)] not in told] == []


def test_what_is_not_shown_is_in_no_later_turn_either(project: Path) -> None:
    entry(project, '\n[names]\nshows = ["names"]\nincludes = ["profile"]\n')
    table = herd(Task.MULTICLASS, TAG)
    asked = said(project, table, context="names")
    assert "Drop the columns of identifiers, of free text and of one value only" in asked
    assert "For each column of text with over twenty values:" in asked
    for stage in ("eda", "modeling", "deployment"):
        told = said(project, table, stage, "names")
        assert not any(one in told for one in ("Angus", "ear tag", "1200"))


def test_the_page_shows_contexts_that_can_be_used(project: Path) -> None:
    (text,) = SHOWN
    entry(project, "\n" + text)
    table = herd(Task.BINARY, TAG)
    dictionary, examples = (
        turns(project, table, context=name)[0] for name in ("dictionary-only", "examples")
    )
    assert "ear tag" in dictionary
    assert "A-17" not in dictionary
    assert '"A-17", "B-4"' in examples
    assert "ear tag" not in examples


def test_contexts_are_compared_by_name(cli: Cli, project: Path, two_steps: Path) -> None:
    entry(project, '\n[hint]\nshows = ["size"]\nincludes = ["profile"]\n')
    done = cli("prompts", "tiny", "--context", "blind,hint", "--model", "smollm2-135m-instruct")
    assert done.returncode == 0, done.stderr
    assert "blind context" in done.stdout
    assert "hint context" in done.stdout


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('[a]\nshow = ["size"]\n', 2, "a.show: unknown key. Did you mean 'shows'?"),
        ('[a]\nshows = [\n  "size",\n  "level",\n]\n', 2, "'level' is unknown. Did you mean 'lev"),
        ('[a]\nbrief = true\nincludes = ["profil"]\n', 3, "'profil' is no template of"),
        ('[a]\nincludes = ["../profile"]\n', 2, "String should match pattern"),
        ("[a]\nlongest = -1\n", 2, "greater than or equal to 0"),
        ('["b c"]\nbrief = true\n', 1, "String should match pattern"),
        ("a = 3\n", 1, "a: a context is a table"),
        ("[a]\n[a]\n", 2, "not valid TOML"),
    ],
)
def test_a_wrong_entry_is_told_by_file_and_line(
    project: Path, text: str, line: int, told: str
) -> None:
    path = project / contexts.FILE
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        contexts.load(project)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_context_is_told_with_the_nearest(project: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"'shema'.*'schema'"):
        contexts.find(project, "shema")


def test_a_project_of_an_older_version_has_all_contexts(project: Path) -> None:
    (project / contexts.FILE).unlink()
    assert sorted(contexts.load(project)) == ["blind", "live", "schema"]


def test_what_a_context_tells_is_in_its_digest_and_how_it_is_described_is_not() -> None:
    told = ContextSpec(name="a", about="this", shows=(Part.SIZE,))
    assert contexts.digest(told) == contexts.digest(told.model_copy(update={"about": "that"}))
    other = told.model_copy(update={"shows": (Part.TYPES,)})
    assert contexts.digest(told) != contexts.digest(other)
