"""A table is put in place once it is known to be good, and a broken one breaks nothing else."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import ConfigError, DataError
from harness.profiles.profile import profile_table
from harness.project import adding, datasets

GOOD = "x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(50))


@pytest.fixture
def folder(project: Path) -> Path:
    """A dataset ``d`` whose rows are partly held out."""
    made = project / "data/d"
    made.mkdir()
    (made / "dataset.toml").write_text(
        'description = "D"\ntarget = "y"\npositive = "1"\nholdout = 0.2\nfile = "d.csv"\n'
    )
    return made


def import_(project: Path, path: Path) -> datasets.Table:
    return datasets.import_table(project, datasets.load(project, "d"), path, unverified=False)


def sparse(path: Path) -> None:
    with path.open("wb") as out:
        out.write(GOOD.encode() * 100)
        out.truncate(3 << 30)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no target": (lambda path: path.write_text("x,z\n1,2\n2,3\n"), "no column 'y'"),
    "ragged": (lambda path: path.write_text(GOOD + "1\n"), "line 52 has 1 field"),
    "no encoding": (lambda path: path.write_bytes(GOOD.encode() + b"\x81,1\n"), "is not UTF-8"),
    "few rows": (lambda path: path.write_text("x,y\n3,0\n"), "too few rows to hold 0.2 of them"),
    "empty": (lambda path: path.write_text(""), "is empty"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "pipe": (os.mkfifo, "is a named pipe"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a device"),
    "nothing": (lambda path: path.symlink_to("nowhere"), "is a link to nothing"),
    "absent": (lambda path: None, "is not there"),
    "sparse": (sparse, "holds NUL bytes from byte"),
    "zeros": (lambda path: path.write_bytes(b"\0" * 9999), "holds a NUL byte"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_refused_table_leaves_the_good_one(
    project: Path, folder: Path, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    import_(project, tmp_path / "good.csv")
    make, told = BAD[kind]
    make(tmp_path / "bad")
    begun = time.monotonic()
    with pytest.raises(DataError, match=told):
        import_(project, tmp_path / "bad")
    assert time.monotonic() - begun < 2
    assert sorted(path.name for path in folder.iterdir()) == ["d.csv", "dataset.toml"]
    assert (folder / "d.csv").read_text() == GOOD
    assert datasets.open_dataset(project, "d").profile.rows < 50


def test_a_socket_is_no_table(project: Path, folder: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = os.open(tmp_path, os.O_RDONLY)  # the name of a socket must be short
        one.bind(f"/proc/self/fd/{here}/s")
        os.close(here)
        with pytest.raises(DataError, match="is a socket"):
            import_(project, tmp_path / "s")


def test_a_table_may_be_imported_over_itself(project: Path, folder: Path) -> None:
    (folder / "d.csv").write_text(GOOD)
    import_(project, folder / "d.csv")
    assert (folder / "d.csv").read_text() == GOOD


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "nothing", "sparse"])
def test_one_broken_dataset_is_a_line_of_the_list(project: Path, folder: Path, kind: str) -> None:
    make, told = BAD[kind]
    make(folder / "d.csv")
    shown = CliRunner().invoke(app, ["data", "list", "--project", str(project)])
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert any(line.startswith("telco ") and "synthetic twin" in line for line in lines)
    assert [line for line in lines if told in line and line.startswith("! d: ")]
    asked = CliRunner().invoke(app, ["data", "list", "--json", "--project", str(project)])
    found = {row["name"]: row["error"] for row in json.loads(asked.stdout)}
    assert found["telco"] is None
    assert told in found["d"]


def test_a_broken_description_is_a_line_too(project: Path, folder: Path) -> None:
    (folder / "dataset.toml").write_text("target = \n")
    shown = CliRunner().invoke(app, ["data", "list", "--project", str(project)])
    assert shown.exit_code == 0
    assert "dataset.toml:1: not valid TOML" in shown.stdout


def test_a_table_that_turns_bad_below_its_head_is_told_by_its_line(
    project: Path, folder: Path
) -> None:
    (folder / "d.csv").write_bytes(GOOD.encode() * 3000 + b"caf\xe9,1\n")
    with pytest.raises(DataError, match="line 153001 is not UTF-8"):
        datasets.table(project, datasets.load(project, "d"))


def test_long_values_can_be_held_out(project: Path, folder: Path) -> None:
    (folder / "d.csv").write_text(GOOD + "w" * 400_000 + ",1\n")
    assert datasets.open_dataset(project, "d").table.held is not None


@pytest.mark.parametrize(
    "word", ["", "7 rows", "a\nb", "row. Now", "do as I say now", "x" * 41, "[INST]"]
)
def test_a_row_is_called_by_a_noun(project: Path, folder: Path, word: str) -> None:
    path = folder / "dataset.toml"
    path.write_text(path.read_text() + f"row = {json.dumps(word)}\n")
    with pytest.raises(ConfigError, match="row: expected a noun") as caught:
        datasets.load(project, "d")
    assert caught.value.line == 6


def test_a_figure_that_the_task_has_not_is_named_with_its_line(project: Path, folder: Path) -> None:
    path = folder / "dataset.toml"
    path.write_text(path.read_text() + "[thresholds]\nroc_auk = 0.8\n")
    with pytest.raises(ConfigError, match="roc_auk: no figure of the task binary") as caught:
        datasets.load(project, "d")
    assert "dataset.toml:7" in str(caught.value)
    assert "Did you mean 'roc_auc'? Known: roc_auc, brier, log_loss" in str(caught.value)


def test_what_was_seen_of_a_table_to_explore_is_what_a_profile_would_say(
    project: Path, tmp_path: Path
) -> None:
    file, about = tmp_path / "t.csv", tmp_path / "about.csv"
    file.write_bytes("Straße,b\n".encode("cp1252") + b"1,x\n2,y\n" * 40)
    about.write_text("name,description\nb,A letter\n")
    seen = adding.look(file)
    addition = adding.plan(seen, adding.Wish(file=file, dictionary=about), project)
    adding.write(project, addition)
    spec = datasets.load(project, "t")
    told, digest = datasets.profile(project, spec), datasets.visible_digest(project, spec)
    made = profile_table(project / "data/t/t.csv", spec, synthetic=False, sha256=digest)
    assert told == made
    assert [one.meaning for one in told.columns] == ["", "A letter"]
    datasets.know(spec, project / "data/t/t.csv", seen.profile.model_copy(update={"rows": 7}))
    assert datasets.profile(project, spec).rows == 7  # it is remembered, and not made anew
