"""A wrong file is told by file, line and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError, UnknownNameError
from harness.fixes import scope
from harness.project import config, contexts, datasets, models, stages

CHECKED = """title = "T"
steps = ["load"]
produces = ["x"]
[[checks]]
kind = "table"
artifact = "x"
[[checks]]
"""


def broken(path: Path, blob: str | bytes) -> Path:
    path.write_bytes(blob if isinstance(blob, bytes) else blob.encode())
    return path


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('default = "a"\nmodels = 3\n', 2, "models"),
        ('default = "a\n', 1, "not valid TOML"),
        ('default = "a"\n[models.a]\npath = "x"\nspeed = 3\n', 4, "unknown key"),
        ('default = "a"\n[models.a]\npath = "x"\nn_ctx = 1\n', 4, "greater than or equal to 128"),
        ('default = "b"\n[models.a]\npath = "x"\n', 1, "no entry models.b"),
        ('default = "a"\n[models.a]\nhf = "o/r"\n', 2, "file is not there"),
        ('default = "a"\n[models.a]\nlicense = "x"\n', 2, "no source"),
        ('default = "a"\n[models.a]\nscript = "s"\npath = "p"\n', 2, "no weights beside it"),
        ('default = "a"\n[models.a]\nengine = "script"\n', 2, "instead of engine, give script"),
        ('default = "a"\n[models.a]\nengine = "../x"\n', 3, "String should match pattern"),
        ('default = "a"\n[models.a]\nengine = "e"\nserver = "http://h"\n', 2, "stand beside"),
        ('default = "a"\n[models.a]\npath = "x"\noptions = { a = 1 }\n', 2, "belong to an engine"),
        ('default = "a"\n[models."../a"]\npath = "x"\n', 2, "String should match pattern"),
        (
            'default = "a"\n[models.a]\npath="x"\nsampling = { temperature = -1 }\n',
            4,
            "temperature",
        ),
    ],
)
def test_models_toml(project: Path, text: str, line: int, said: str) -> None:
    broken(project / "models.toml", text)
    with pytest.raises(ConfigError) as caught:
        models.load(project)
    assert caught.value.line == line
    assert said in str(caught.value)
    assert str(project / "models.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('title = "T"\nsteps = []\n', 2, "at least 1 item"),
        ('title = "T"\nsteps = ["load", "load"]\n', 2, "a step twice"),
        ('title = "T"\nsteps = ["nowhere"]\n', 2, "has no template"),
        ('title = "T"\nsteps = ["../load"]\n', 2, "String should match pattern"),
        ('steps = ["load"]\n', None, "title: this key is required"),
        ('title = "T"\nsteps = ["load"]\n[limits]\ncell_seconds = 0\n', 4, "greater than 0"),
        (
            CHECKED + 'kind = "tabel"\n',
            8,
            "Did you mean 'table'? Known: model, python, service, table",
        ),
        (CHECKED + 'kind = "table"\nartifact = "../x"\n', 9, "String should match pattern"),
        (CHECKED + 'kind = "table"\n', 7, "checks.1.artifact: this key is required"),
        (CHECKED + 'artifact = "x"\n', 7, "checks.1.kind: this key is required"),
        (
            CHECKED + 'kind = "table"\nartifact = "x"\nleast_auc = 0.8\n',
            10,
            "checks.1.least_auc: unknown key. Remove it; [thresholds] of dataset.toml now says",
        ),
        (
            CHECKED + 'kind = "service"\nartifact = "x"\nfield = "p"\n',
            10,
            'checks.1.field: unknown key. Remove it; an answer holds "prediction"',
        ),
        ('title = "T"\nsteps = ["load"]\nfield = "p"\n', 3, "field: unknown key. Known: title"),
        (
            CHECKED + 'kind = "model"\nartifact = "x"\nleast_trails = 3\n',
            10,
            "Did you mean 'least_trials'? Known: kind, artifact,",
        ),
        (
            'title = "T"\nsteps = ["load"]\n[limits]\ndisk_md = 1\n',
            4,
            "Did you mean 'disk_mb'? Known: cell_seconds,",
        ),
    ],
)
def test_stage_toml(project: Path, text: str, line: int | None, said: str) -> None:
    broken(project / "prompt_templates/eda/stage.toml", text)
    with pytest.raises(ConfigError) as caught:
        stages.load(project, "eda")
    assert caught.value.line == line
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("blob", "said"),
    [
        ("target = 1\n", "target"),
        (b"\xff\xfe[\x00", "not UTF-8"),
        (b"x" * (1 << 20) + b"y", "larger than 1 MB"),
        ('description = "d"\ntarget = "t"\nfile = "../../etc/passwd"\n', "match pattern"),
    ],
)
def test_dataset_toml(project: Path, blob: str | bytes, said: str) -> None:
    broken(project / "data/telco/dataset.toml", blob)
    with pytest.raises(ConfigError, match=r"dataset\.toml") as caught:
        datasets.load(project, "telco")
    assert said in str(caught.value)


def test_unknown_names_suggest_the_nearest(project: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'eda'"):
        stages.load(project, "edaa")
    with pytest.raises(UnknownNameError, match="Did you mean 'telco'"):
        datasets.load(project, "telko")
    with pytest.raises(UnknownNameError, match="Did you mean 'codellama-7b-instruct'"):
        models.find(models.load(project), "codelama-7b-instruct")


def read_all(project: Path) -> None:
    models.load(project)
    stages.load(project, "eda")
    contexts.load(project)
    scope.includes_library(project)
    datasets.load(project, "telco")


MISSPELT = {
    "models.toml": ('\n[models.m]\npath = "x"\nn_ctxt = 512\n', "n_ctx"),
    "models.toml, sampling": (
        '\n[models.m]\npath = "x"\nsampling = { temprature = 1 }\n',
        "temperature",
    ),
    "models.toml, at its head": ("", "embedded"),
    "prompt_templates/eda/stage.toml": ("\n[limits]\n", "limits"),
    "prompt_templates/contexts.toml": ('\n[own]\nabout = "a"\nshow = []\n', "shows"),
    "fixes/series.toml": ("libary = false\n", "library"),
    "data/telco/dataset.toml": ('\n[unit]\ntenure = "months"\n', "units"),
}


@pytest.mark.parametrize("kind", MISSPELT)
def test_a_misspelt_key_of_any_file_names_the_nearest(project: Path, kind: str) -> None:
    text, meant = MISSPELT[kind]
    path = project / kind.partition(",")[0]
    written = path.read_text()
    if meant == "embedded":
        written = written.replace("\nembedded", "\nembeded", 1)
    elif meant == "limits":
        written, text = written.replace("[limits]", "[limit]", 1), ""
    path.write_text(written + text)
    with pytest.raises(ConfigError, match=f"unknown key. Did you mean '{meant}'") as caught:
        read_all(project)
    assert caught.value.path == path
    assert caught.value.line is not None


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        config.read_toml(tmp_path / "models.toml")


def test_line_of_finds_keys_under_quoted_tables() -> None:
    text = '[models."a.b"]\nx = 1\n[models.c]\nx = 2\n'
    assert config.line_of(text, ("models", "a.b", "x")) == 2
    assert config.line_of(text, ("models", "c", "x")) == 4
    assert config.line_of(text, ("models", "c", "y")) == 3


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, blob: bytes
) -> None:
    folder = tmp_path_factory.mktemp("p")
    broken(folder / "models.toml", blob)
    with pytest.raises(ConfigError) as caught:
        models.load(folder)
    assert "\n" not in str(caught.value)
