"""A notebook can be run where it lies, by a person, in Jupyter's own kernel and in the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import Cli, Tty
from nbclient import NotebookClient

from harness.executors.sandbox import BWRAP
from harness.runs import beside

pytestmark = pytest.mark.usefixtures("two_steps")

Script = Callable[..., str]
COUNT = "```python\nrows = len(open('telco.csv').readlines()) - 1\nprint(rows)\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write(str(rows))\n```\n"


@pytest.fixture
def folder(
    cli: Cli, script: Script, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of a run whose notebook reads the table and writes a file."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    script([COUNT, WRITE])
    assert cli("generate", "--stage", "tiny").returncode == 0
    (record,) = project.glob("generated/*/*/*/run.json")
    return record.parent


def executed(path: Path, kernel: str) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, kernel_name=kernel, resources={"metadata": {"path": str(path.parent)}}
    )
    return client.execute()


def said(notebook: nbformat.NotebookNode) -> str:
    return "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )


@pytest.mark.parametrize("name", ["raw.ipynb", "patched.ipynb"])
def test_a_notebook_runs_where_it_lies(folder: Path, name: str) -> None:
    before = said(nbformat.read(folder / name, as_version=4))
    assert int(before) > 1000
    assert said(executed(folder / name, "python3")) == before


def test_the_sandbox_is_one_of_the_kernels(cli: Cli, folder: Path, tmp_path: Path) -> None:
    opened = cli("open", folder.name, "--prepare")
    assert opened.returncode == 0, opened.stderr
    assert Path(opened.stdout.strip()) == folder / "patched.ipynb"
    spec = json.loads((tmp_path / "jupyter/kernels/harness-sandbox/kernel.json").read_text())
    assert spec["argv"][0] == sys.executable
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    path = folder / "patched.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += [
        nbformat.v4.new_code_cell(source)
        for source in (
            "import os, socket; print(os.getcwd(), os.path.exists('run.json'))",
            f"print(os.path.exists({str(secret)!r}))",
            "print(socket.socket().connect_ex(('127.0.0.1', 9)))",
        )
    ]
    nbformat.write(notebook, path)
    record = (folder / "run.json").read_bytes()
    lines = said(executed(path, "harness-sandbox")).splitlines()
    assert int(lines[0]) > 1000
    assert lines[1:3] == ["/workspace False", "False"]
    assert int(lines[3]) != 0
    assert not (folder / "out.csv").exists()
    assert (folder / "run.json").read_bytes() == record


def test_opening_without_jupyter_says_what_to_install(cli: Cli, folder: Path) -> None:
    opened = cli("open", folder.name, PATH="/nowhere")  # the lock installs none either
    assert opened.returncode == 1
    assert "pip install jupyterlab" in opened.stderr
    assert (folder / "telco.csv").is_file()


def test_jupyter_starts_in_the_folder_of_the_run(
    tty: Tty, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "bin" / "jupyter-lab"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\necho "lab $1 in $PWD"\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}")
    told = tty("open", folder.name, "--raw", columns=200)
    assert f"lab raw.ipynb in {folder}" in told
    assert "harness fixes capture" in told


def test_a_kernel_outside_a_run_is_refused(project: Path) -> None:
    command = [sys.executable, "-m", "harness.cli.kernel", "connection.json"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is not the folder of a run" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_person_changed_stays_and_is_named(cli: Cli, folder: Path, tmp_path: Path) -> None:
    (folder / "telco.csv").write_text("mine\n")
    opened = cli("open", folder.name, "--prepare")
    assert "telco.csv beside the notebook is not what the run read" in opened.stderr
    assert (folder / "telco.csv").read_text() == "mine\n"


def test_inputs_never_replace_files_of_the_run(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("new")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("record")
    beside.renew(tmp_path / "run", {"run.json": source, "table.csv": source})
    assert (tmp_path / "run" / "run.json").read_text() == "record"
    assert (tmp_path / "run" / "table.csv").read_text() == "new"
    source.write_text("newer")
    beside.renew(tmp_path / "run", {"table.csv": source})
    assert (tmp_path / "run" / "table.csv").read_text() == "newer"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ip": "127.0.0.1"}'])
def test_a_broken_connection_file_is_one_line(tmp_path: Path, text: str) -> None:
    from harness.errors import SandboxError
    from harness.executors import served
    from harness.records import Limits, Workspace

    path = tmp_path / "connection.json"
    path.write_text(text)
    with pytest.raises(SandboxError, match="is no connection file"):
        served.serve(BWRAP, Workspace(folder=tmp_path), Limits(), sys.executable, path)
