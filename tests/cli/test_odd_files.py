"""Whatever lies in a project in place of a file is one line, at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli

SECONDS = 20  # that a refusal may take, on a busy machine


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    with path.open("wb") as out:
        out.truncate(3 << 30)


def put(path: Path, odd: Callable[[Path], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    odd(path)


@pytest.mark.parametrize(
    ("odd", "name", "command"),
    [
        (pipe, "fixes/eda/010-a.patch", "fixes list"),
        (device, "fixes/eda/010-a.yml", "fixes list"),
        (sparse, "fixes/eda/011-a.patch", "fixes check"),
        (pipe, "models.toml", "models list"),
        (device, "models.toml", "runs"),
        (sparse, "prompt_templates/eda/stage.toml", "prompts --stage eda --model script"),
        (pipe, "prompt_templates/_shared/system.md.j2", "prompts --stage eda --model script"),
        (device, "data/telco/dataset.toml", "data profile telco"),
        (pipe, "data/telco/telco_synthetic.csv", "data profile telco"),
        (sparse, "data/telco/telco_synthetic.csv", "data profile telco"),
        (pipe, "mine.csv", "data import telco mine.csv --unverified"),
        (sparse, "mine.csv", "data import telco mine.csv --unverified"),
        (pipe, "script.json", "generate --stage eda --model script"),
        (sparse, "script.json", "generate --stage eda --model script"),
    ],
)
def test_a_projects_own_files(
    cli: Cli,
    project: Path,
    script: Callable[..., str],
    odd: Callable[[Path], None],
    name: str,
    command: str,
) -> None:
    script(["x"])
    put(project / name, odd)
    done = cli(*command.split(), timeout=SECONDS)
    assert done.returncode == 1, done.stdout
    said = done.stderr or done.stdout
    assert len([line for line in said.splitlines() if Path(name).name in line]) == 1
    assert "Traceback" not in said


def test_a_listing_survives_whatever_it_finds(
    cli: Cli, project: Path, two_steps: Path, script: Callable[..., str]
) -> None:
    script(["```python\nx = 1\n```"] * 2)
    assert cli("generate", "--stage", "tiny").returncode == 0
    (record,) = project.glob("generated/*/tiny/*/run.json")
    runs = record.parent

    def beside(number: int) -> Path:
        made = runs.with_name(f"{number:012}")
        made.mkdir()
        return made / "run.json"

    whole = (runs / "run.json").read_bytes()
    beside(1).mkdir()
    pipe(beside(2))
    device(beside(3))
    sparse(beside(4))
    beside(5).write_bytes(b'\x00\xff garbage "schema_version": 99 \x1b[31m')
    beside(6).write_bytes(whole[: len(whole) // 2])
    beside(7).write_bytes(b"[" * 100_000)
    beside(8).write_bytes(b'{"schema_version": 99}')
    beside(9).symlink_to("run.json")
    beside(10).symlink_to("nowhere")
    (runs.with_name("with space")).mkdir()
    (runs.with_name("with space") / "run.json").write_bytes(whole)
    (project / "generated/file").touch()
    for command in ("runs", "ledger", "runs export -o out.csv", "compare script script"):
        done = cli(*command.split(), timeout=SECONDS)
        assert done.returncode == 0, done.stderr
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 10, done.stderr
        assert [line for line in lines if "newer version" in line] == [
            line for line in lines if "000000000008" in line
        ]
        assert "\x1b" not in done.stderr
    assert cli("runs", "show", "000000000002", timeout=SECONDS).returncode == 1
