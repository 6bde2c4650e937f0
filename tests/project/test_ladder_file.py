"""ladder.toml: rungs are entries, and what is wrong in one is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError, UnknownNameError
from harness.project import ladder
from harness.records import Help

WRONG = {
    'best = "al"\n[rungs.all]\ncontext = "blind"\n': ("1: best: no entry rungs.al", "'all'"),
    'best = "a"\n[rungs.a]\n': ("2: rungs.a.context: this key is required", ""),
    'best = "a"\n[rungs.a]\ncontext = "blind"\nster = true\n': ("4: rungs.a.ster", "'steer'"),
    'best = "a"\n[rungs.a]\ncontext = "blind"\nrepair = 11\n': ("4: rungs.a.repair", ""),
    'best = "a"\n[rungs.a]\ncontext = "blind"\nover = "b"\n': ("4: rungs.a.over: 'b' is no", ""),
    'best = "a"\n[rungs.a]\ncontext = "blind"\nname = "b"\n': ("4: rungs.a.name", ""),
    'best = "a"\n[rungs]\n': ("2: rungs:", ""),
}


def test_the_shipped_ladder_goes_from_the_question_alone_to_all_help(project: Path) -> None:
    found = ladder.load(project)
    names = [one.name for one in found.rungs]
    assert names[:4] == ["blind", "schema", "live", "live-repair"]
    assert {one.name: one.help for one in found.rungs}["live-steer"] == Help(steer=True)
    assert found.best in names
    assert not found.rungs[0].help.given


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_its_line(project: Path, text: str) -> None:
    (project / ladder.FILE).write_text(text)
    with pytest.raises(ConfigError) as caught:
        ladder.load(project)
    where, near = WRONG[text]
    assert f"ladder.toml:{where}" in str(caught.value)
    assert near in str(caught.value)


def test_a_project_of_an_older_version_has_the_shipped_ladder(project: Path) -> None:
    (project / ladder.FILE).unlink()
    assert ladder.load(project).best


def test_rungs_keep_the_order_of_the_file(project: Path) -> None:
    assert [one.name for one in ladder.find(project, ("schema", "blind"))] == ["blind", "schema"]
    with pytest.raises(UnknownNameError, match="Did you mean 'schema'"):
        ladder.find(project, ("shema",))
