"""What a run gets: what is said, else the best rung, else the project's own defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError, UnknownNameError
from harness.project import defaults, ladder
from harness.records import Help

NOTHING = {"steer": None, "repair": None, "candidates": None}
MINE = '\n[defaults]\ncontext = "blind"\nsteer = true\nrepair = 1\n'
BEST = 'best = "b"\n[rungs.b]\ncontext = "schema"\nsteer = true\nrepair = 3\n'


def set_defaults(project: Path, text: str = MINE) -> None:
    path = project / "models.toml"
    path.write_text(path.read_text() + text)


def test_without_options_it_is_the_plain_experiment(project: Path) -> None:
    assert defaults.choose(project, None, NOTHING, best=False) == (("schema",), Help())


def test_a_project_has_defaults_of_its_own_and_options_say_otherwise(project: Path) -> None:
    set_defaults(project)
    found = defaults.choose(project, None, NOTHING, best=False)
    assert found == (("blind",), Help(steer=True, repair=1))
    plain = defaults.choose(
        project, ["schema", "blind"], {"steer": False, "repair": 0, "candidates": 2}, best=False
    )
    assert plain == (("schema", "blind"), Help(candidates=2))


def test_the_best_rung_stands_over_defaults_and_under_options(project: Path) -> None:
    set_defaults(project)
    (project / ladder.FILE).write_text(BEST)
    assert defaults.choose(project, None, NOTHING, best=True) == (
        ("schema",),
        Help(steer=True, repair=3),
    )
    found = defaults.choose(project, ["blind"], {**NOTHING, "repair": 0}, best=True)
    assert found == (("blind",), Help(steer=True))


def test_a_best_rung_whose_context_is_gone_is_an_error(project: Path) -> None:
    (project / ladder.FILE).write_text(BEST.replace("schema", "gone"))
    with pytest.raises(UnknownNameError, match="no context named 'gone'"):
        defaults.choose(project, None, NOTHING, best=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n[defaults]\nstear = true\n", "defaults.stear: unknown key. Did you mean 'steer'"),
        ("\n[defaults]\nrepair = 12\n", "defaults.repair"),
        ('\n[defaults]\ncandidates = "many"\n', "defaults.candidates"),
    ],
)
def test_a_wrong_default_is_told_with_its_line(project: Path, text: str, said: str) -> None:
    set_defaults(project, text)
    line = len((project / "models.toml").read_text().splitlines())
    with pytest.raises(ConfigError) as caught:
        defaults.of_project(project)
    assert f"models.toml:{line}: " in str(caught.value)
    assert said in str(caught.value)


def test_a_command_is_told_with_the_options_that_differ_from_the_defaults(project: Path) -> None:
    assert defaults.options(project, "schema", Help()) == ""
    said = defaults.options(project, "blind", Help(steer=True, candidates=3))
    assert said == " --context blind --steer --candidates 3"
    set_defaults(project)
    assert defaults.options(project, "blind", Help()) == " --no-steer --repair 0"
