"""Fixtures: a project in a temporary folder, scripts in place of models, the real command line."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness import files
from harness.project import scaffold

REPOSITORY = Path(__file__).parents[1]
REAL_TABLE = REPOSITORY.parent / "shared/data/telco/telco_customer_churn.csv"
COMMAND_SECONDS = 240
BEGIN_SECONDS = 100

real_table = pytest.mark.skipif(
    not REAL_TABLE.exists(),
    reason="IBM's table may not be shipped with the code, and is not beside this checkout",
)

Cli = Callable[..., subprocess.CompletedProcess[str]]
Tty = Callable[..., str]
Begin = Callable[..., subprocess.Popen[str]]
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def below(pid: int, word: str) -> list[psutil.Process]:
    """The processes below ``pid`` with ``word`` in their command line, as far as they live."""
    found = []
    for one in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # others come and go
            if word in " ".join(one.cmdline()):
                found.append(one)
    return found


@pytest.fixture(scope="session", autouse=True)
def _no_deep_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # pytest removes the folders of earlier runs by recursion, which thousands of levels end.
    yield
    files.clear(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def _own_cache(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    # The joined weights are shared: a gigabyte a test would be too much.
    if request.node.get_closest_marker("real_model") is None:
        monkeypatch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A fresh project, as `harness init` writes it."""
    folder = tmp_path / "project"
    scaffold.write(folder)
    return folder


@pytest.fixture
def script(project: Path) -> Callable[[list[str]], str]:
    """Add a scripted model to the project and make it the default; returns its name."""

    def add(replies: list[str], name: str = "script") -> str:
        (project / f"{name}.json").write_text(json.dumps(replies))
        path = project / "models.toml"
        text = path.read_text().replace(
            'default  = "codellama-7b-instruct"', f'default  = "{name}"'
        )
        path.write_text(f'{text}\n[models.{name}]\nscript = "{name}.json"\n')
        return name

    return add


@pytest.fixture
def cli(project: Path) -> Cli:
    """Run the command line in the project, as a user would."""

    def run(*args: str | Path, timeout: float = COMMAND_SECONDS, **env: str):
        return subprocess.run(
            [sys.executable, "-m", "harness", *map(str, args)],
            cwd=project,
            env={**os.environ, "COLUMNS": "100", **env},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def tty(project: Path) -> Tty:
    """Run the command line in a terminal of so many columns; returns what it shows, unstyled.

    ``typed`` is what a person types there, and ``code`` how the command is to end.
    """

    def run(*args: str, columns: int = 80, typed: str = "", code: int = 0, **env: str) -> str:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (200, columns))  # rows enough for no pager
        size = {"TERM": "xterm", "COLUMNS": str(columns), "LINES": "200"}
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", *args],
            cwd=project,
            env={**os.environ, **size, **env},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        with contextlib.suppress(OSError):  # this is how a terminal tells that nobody writes to it
            while chunk := os.read(ours, 1 << 16):
                shown += chunk
        os.close(ours)
        assert process.wait(COMMAND_SECONDS) == code, shown
        return ANSI.sub("", shown.decode()).replace("\r\n", "\n")

    return run


@pytest.fixture
def begin(project: Path) -> Iterator[Begin]:
    """Start a command, and return once ``count`` files match ``until``; it ends with the test."""
    begun: list[subprocess.Popen[str]] = []

    def run(*args: str, until: str, count: int = 1) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", *args],
            cwd=project,
            env={**os.environ, "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        deadline = time.monotonic() + BEGIN_SECONDS
        while len(list(project.glob(until))) < count:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        return process

    yield run
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture
def two_steps(project: Path) -> Path:
    """A stage of two short steps, for tests of everything around a stage; its fixes are its own."""
    (project / "fixes/series.toml").write_text("library = false\n")
    folder = project / "prompt_templates" / "tiny"
    folder.mkdir()
    (folder / "stage.toml").write_text(
        'title = "Tiny"\nsteps = ["one", "two"]\nproduces = ["out.csv"]\n'
        "[limits]\ncell_seconds = 20\nmemory_mb = 1024\ndisk_mb = 64\n"
    )
    (folder / "one.md.j2").write_text("Count the rows of {{ table.file | data }}.")
    (folder / "two.md.j2").write_text("Write out.csv.")
    return folder
