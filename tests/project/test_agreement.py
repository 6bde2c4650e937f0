"""What a dataset.toml misspells is told by its line and the nearest name, and not passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.project import datasets

TABLE = "age,sex,y\n" + "".join(
    f"{n},{'mf'[n % 2]},{['yes', 'no'][n % 3 > 0]}\n" for n in range(60)
)
HEAD = 'description = "D"\nfile = "d.csv"\n'
BINARY = HEAD + 'target = "y"\npositive = "yes"\n'


@pytest.fixture
def folder(project: Path) -> Path:
    made = project / "data/d"
    made.mkdir()
    (made / "d.csv").write_text(TABLE)
    return made


WRONG = {
    "a column": (BINARY + '[columns]\nage = "a"\nsx = "s"\n', 7, "Did you mean 'sex'? Known: age"),
    "a unit": (BINARY + '[units]\n"the age" = "years"\n', 6, "no such column"),
    "a column in quotes": (BINARY + '[columns]\n"a = b" = "x"\n', 6, "columns.a = b: the table"),
    "a value, nearly": (BINARY.replace('"yes"', '"Yes"'), 4, "Did you mean 'yes'? Known: no, yes"),
    "a value": (BINARY.replace('"yes"', '"left"'), 4, "no row has the value 'left' in 'y'"),
    "a metric": (BINARY + "[thresholds]\nroc_au = 0.8\n", 6, "Did you mean 'roc_auc'?"),
    "a metric of another task": (
        BINARY + "[thresholds]\nr2 = 0.8\n",
        6,
        "no figure of the task binary",
    ),
    "a key": (BINARY + 'positiv_means = "x"\n', 5, "Did you mean 'positive_means'?"),
    "a key in a table": (BINARY + "holdout = { shar = 0.2 }\n", 5, "Did you mean 'share'?"),
    "a key in a table of its own": (BINARY + "[holdout]\nshar = 0.2\n", 6, "Did you mean 'share'?"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_misspelt_is_told(project: Path, folder: Path, kind: str) -> None:
    text, line, told = WRONG[kind]
    (folder / "dataset.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        datasets.open_dataset(project, "d")
    assert told in str(caught.value)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


def test_what_is_spelt_well_is_told_of_a_remembered_profile_too(
    project: Path, folder: Path
) -> None:
    good = BINARY + '[columns]\nage = "years"\n[thresholds]\nbrier = 0.2\n'
    (folder / "dataset.toml").write_text(good)
    datasets.open_dataset(project, "d")
    (folder / "dataset.toml").write_text(good.replace("age =", "aeg ="))
    for _ in range(2):
        with pytest.raises(ConfigError, match="Did you mean 'age'"):
            datasets.open_dataset(project, "d")


def test_a_target_of_one_class_is_told(project: Path, folder: Path) -> None:
    (folder / "d.csv").write_text("x,y\n" + "".join(f"{n},a\n" for n in range(9)))
    (folder / "dataset.toml").write_text(HEAD + 'task = "multiclass"\ntarget = "y"\n')
    with pytest.raises(ConfigError, match=r"toml:4: target: 'y' is 'a' in every row"):
        datasets.open_dataset(project, "d")
