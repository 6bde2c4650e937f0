"""Stages: their files, their order, and what their digests cover."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli

from harness.errors import ConfigError
from harness.project import stages


def test_the_digest_changes_with_any_template(project: Path) -> None:
    stage = stages.load(project, "eda")
    before = stages.digest(project, stage)
    shared = project / "prompt_templates/_shared/profile.md.j2"
    shared.write_text(shared.read_text() + " ")
    assert stages.digest(project, stage) != before


def test_what_the_reference_stands_in_for_does_not_change_the_digest(project: Path) -> None:
    stage = stages.load(project, "modeling")
    assert (stage.reference.model, stage.reference.columns) == ("model.json", "columns.json")
    before = stages.digest(project, stage)
    path = project / "prompt_templates/modeling/stage.toml"
    path.write_text(re.sub(r"\[reference\]\n.*?\n\n", "", path.read_text(), flags=re.DOTALL))
    without = stages.load(project, "modeling")
    assert (without.reference.model, without.reference.columns) == (None, None)
    assert stages.digest(project, without) == before


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            '\ntable = "b.csv"\n',
            3,
            "'b.csv' is no artifact of the stage. It produces: prepared.csv",
        ),
        ('tabel = "prepared.csv"\n', 2, "Did you mean 'table'? Known: table, model, columns"),
        ('table = "../prepared.csv"\n', 2, "String should match pattern"),
    ],
)
def test_a_wrong_reference_is_told_by_file_and_line(
    project: Path, text: str, line: int, said: str
) -> None:
    path = project / "prompt_templates/eda/stage.toml"
    before = path.read_text().split("# Where a run")[0]
    path.write_text(f"{before}[reference]\n{text}")
    line += before.count("\n")
    with pytest.raises(ConfigError) as caught:
        stages.load(project, "eda")
    assert (caught.value.path, caught.value.line) == (path, line)
    assert said in str(caught.value)


def test_a_stage_is_added_by_copying_the_smallest(
    cli: Cli, script: Callable[..., str], project: Path
) -> None:
    templates = project / "prompt_templates"
    shutil.copytree(templates / "eda", templates / "survey")
    script(["```python\nx = 1\n```"] * len(stages.load(project, "eda").steps))
    done = cli("generate", "--stage", "survey", "--no-patch")
    assert done.returncode == 0, done.stderr
    (record,) = project.glob("generated/script/survey/*/run.json")
    assert json.loads(record.read_text())["outcome"] == "failed"  # it wrote no table


def chained(project: Path, needs: dict[str, list[str]]) -> None:
    """Stages of one step with these needs, as line 3 of their stage.toml."""
    for name, needed in needs.items():
        folder = project / "prompt_templates" / name
        folder.mkdir()
        text = f'title = "T"\nsteps = ["one"]\nneeds = {json.dumps(needed)}\n'
        (folder / "stage.toml").write_text(text)
        (folder / "one.md.j2").write_text("Go on.")


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ("c b a", "a b c"),
        ("x c a", "x a c"),
        ("c x y a", "a c x y"),
        ("y c a y", "a y c"),
        ("c a", "a c"),  # though a stage between them was not asked for
        ("d", "d"),
        ("d y b", "b d y"),
    ],
)
def test_a_stage_comes_behind_those_it_needs_else_as_asked(
    project: Path, asked: str, order: str
) -> None:
    chained(project, {"a": [], "b": ["a"], "c": ["b"], "d": ["c", "b"], "x": [], "y": ["a"]})
    assert [one.name for one in stages.in_order(project, asked.split())] == order.split()


@pytest.mark.parametrize(
    ("needs", "rings"),
    [
        ({"a": ["b"], "b": ["a"]}, {"a needs b needs a", "b needs a needs b"}),
        ({"a": ["c"], "b": ["b"], "c": ["b"]}, {"b needs b"}),
    ],
)
def test_a_cycle_is_told_by_file_and_line(
    project: Path, needs: dict[str, list[str]], rings: set[str]
) -> None:
    chained(project, needs)
    with pytest.raises(ConfigError) as caught:
        stages.in_order(project, ["a"])
    said, _, ring = caught.value.message.partition(": ")
    assert said == "stages depend on each other in a cycle"
    assert ring in rings
    assert caught.value.path == project / "prompt_templates" / ring[0] / "stage.toml"
    assert caught.value.line == 3
