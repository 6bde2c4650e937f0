"""The main job on the command line, with scripted replies and real kernels."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
import pytest
from conftest import Begin, Cli, below

pytestmark = pytest.mark.usefixtures("two_steps")

COUNT = "Rows:\n```python\nrows = len(open('telco.csv').readlines()) - 1\nprint(rows)\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write('a\\n1\\n')\n```\n"
Script = Callable[..., str]


def runs(cli: Cli) -> list[dict[str, object]]:
    done = cli("runs", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def folder(cli: Cli) -> Path:
    (run,) = runs(cli)
    return Path(str(run["path"]))


def test_a_stage_that_works(cli: Cli, script: Script) -> None:
    script([COUNT, WRITE])
    done = cli("generate", "--stage", "tiny")
    assert done.returncode == 0, done.stderr
    assert "Outcome   passed as written\n" in done.stdout
    assert "2 of 2 ok as written" in done.stdout
    assert "synthetic" in done.stdout
    assert "\x1b" not in done.stdout
    (run,) = runs(cli)
    assert f"Next      harness runs show {run['run_id']}\n" in done.stdout
    assert run["outcome"] == "raw"
    assert {"run_id", "model", "stage", "context", "seed", "outcome", "path"} <= set(run)
    home = Path(str(run["path"]))
    assert (home / "artifacts/raw/out.csv").read_text() == "a\n1\n"
    notebook = nbformat.read(home / "raw.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [c.outputs[0].text for c in notebook.cells if c.id == "one-002"] == ["5651\n"]
    record = json.loads((home / "run.json").read_text())
    assert record["synthetic"] is True
    assert record["raw"]["sandbox"] == "3 bwrap"


def test_several_samples_are_runs_with_seeds_of_their_own(cli: Cli, script: Script) -> None:
    script([COUNT, WRITE])
    done = cli("generate", "--stage", "tiny", "--samples", "3", "--seed", "5")
    assert done.returncode == 0, done.stderr
    assert "3 of 3 runs to do" in done.stdout
    assert "Next      harness ledger" in done.stdout
    made = runs(cli)
    assert sorted(one["seed"] for one in made) == [5, 6, 7]
    assert {one["outcome"] for one in made} == {"raw"}
    again = cli("generate", "--stage", "tiny", "--samples", "4", "--seed", "5", "--no-patch")
    assert "1 of 4 runs to do" in again.stdout
    assert len(runs(cli)) == 4


@pytest.mark.all_cores
def test_samples_that_fail_leave_their_turns_to_others(cli: Cli, project: Path) -> None:
    path = project / "models.toml"
    small = "[models.smollm2-135m-instruct]\n"
    text = path.read_text().replace(small, f"{small}concurrent = 2\n")
    path.write_text(text.replace("n_ctx = 8192", "n_ctx = 2048"))
    asked = ("--model", "smollm2-135m-instruct", "--samples", "5", "--max-tokens", "4000")
    done = cli("generate", "--stage", "tiny", *asked, timeout=100)
    assert done.returncode == 1
    assert done.stderr.count("the context holds 2,048") == 1
    assert "\nharness: 5 runs: the prompt has" in done.stderr


@pytest.mark.all_cores
def test_a_batch_goes_on_where_its_engine_was_killed(cli: Cli, begin: Begin, project: Path) -> None:
    asked = ("--model", "smollm2-135m-instruct", "--samples", "3", "--max-tokens", "150")
    replies = "generated/*/*/*/replies.json"
    process = begin("generate", "--stage", "tiny", *asked, until=replies)
    kept = {path: path.read_text() for path in project.glob(replies)}
    (engine,) = below(process.pid, "harness.engines.llama.server")
    engine.kill()
    told, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert "harness:" not in errors
    assert told.count("was killed") == 1
    assert "going on from what is kept, try 2" in " ".join(told.split())
    assert len(runs(cli)) == 3
    for path, before in kept.items():
        first = json.loads(before)["replies"][0]["completion"]
        record = json.loads((path.parent / "run.json").read_text())
        assert record["replies"][0]["completion"] == first
        assert len(record["replies"]) == 2


def test_every_way_out_fails_in_its_cell_and_is_recorded(cli: Cli, script: Script) -> None:
    hostile = (
        "```python\nopen('/etc/shadow').read()\n```\n"
        "```python\nopen('/proc/1/environ').read()\n```\n"
        "```python\nimport os\nos.environ['HARNESS_SECRET']\n```\n"
        "```python\nimport socket\nsocket.create_connection(('192.0.2.1', 80), 2)\n```\n"
        "```python\nsocket.create_connection(('127.0.0.1', 22), 2)\n```\n"
    )
    script([hostile, WRITE])
    done = cli("generate", "--stage", "tiny", HARNESS_SECRET="token")
    assert done.returncode == 0, done.stderr
    record = json.loads((folder(cli) / "run.json").read_text())
    cells = record["raw"]["cells"]
    assert [cell["status"] for cell in cells] == ["error"] * 5 + ["ok"]
    assert [cell["error"] for cell in cells[:5]] == [
        "FileNotFoundError",
        "PermissionError",
        "KeyError",
        "OSError",
        "ConnectionRefusedError",
    ]
    assert record["outcome"] == "failed"


def test_a_finished_run_returns_at_once_and_again_takes_the_next_seed(
    cli: Cli, script: Script
) -> None:
    script([COUNT, WRITE])
    cli("generate", "--stage", "tiny")
    again = cli("generate", "--stage", "tiny")
    assert "done already" in again.stdout
    assert len(runs(cli)) == 1
    assert cli("generate", "--stage", "tiny", "--again").returncode == 0
    assert sorted(int(str(run["seed"])) for run in runs(cli)) == [1, 2]


def test_control_characters_never_reach_the_terminal(cli: Cli, script: Script) -> None:
    evil = "```python\nx = 1 #\x1b]0;owned\x07\x1b[31m\nraise ValueError('\\x1b[2J\\u202e')\n```"
    script([evil, "\x1b[2J"])
    done = cli("generate", "--stage", "tiny")
    shown = done.stdout + done.stderr + cli("runs", "show", str(runs(cli)[0]["run_id"])).stdout
    assert not {c for c in shown if not c.isprintable() and c != "\n"}
    assert "\\x1b[2J" in shown


def test_installs_are_kept_and_listed_but_not_run(cli: Cli, script: Script) -> None:
    script(["```python\n!pip install pandas\nx = 1\n```", WRITE])
    done = cli("generate", "--stage", "tiny")
    assert "!pip install pandas" in done.stdout.split("Not run")[1]
    assert runs(cli)[0]["outcome"] == "raw"
    assert "!pip install pandas" in (folder(cli) / "raw.ipynb").read_text()


@pytest.mark.parametrize(
    ("reply", "said"), [("", "No code   one"), ("Only words.", "No code   one")]
)
def test_replies_without_code(cli: Cli, script: Script, reply: str, said: str) -> None:
    script([reply, WRITE])
    done = cli("generate", "--stage", "tiny")
    assert done.returncode == 0
    assert said in done.stdout


def test_a_dead_kernel_leaves_the_rest_not_run_and_keeps_what_was(cli: Cli, script: Script) -> None:
    script([COUNT + "```python\nimport os\nos._exit(1)\n```\n", WRITE])
    assert cli("generate", "--stage", "tiny").returncode == 0
    cells = json.loads((folder(cli) / "run.json").read_text())["raw"]["cells"]
    assert [cell["status"] for cell in cells] == ["ok", "killed", "not run"]
    assert "5651" in (folder(cli) / "raw.ipynb").read_text()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--stage", "tinny"], "no stage named 'tinny'. Did you mean 'tiny'"),
        (["--stage", "tiny", "--model", "nope"], "no model named 'nope'"),
        (["--stage", "tiny", "--context", "psychic"], "no context named 'psychic'"),
        (["--stage", "tiny", "--dataset", "telko"], "Did you mean 'telco'"),
        (["--stage", "tiny", "--model-file", "nowhere.gguf"], "nowhere.gguf"),
        (["--stage", "tiny", "--model-file", "models.toml"], "models.toml"),
        (["--stage", "tiny", "--model", "codellama-7b-instruct"], "harness models pull codellama"),
        (["--stage", "tiny", "--project", "/nowhere"], "/nowhere is no project"),
    ],
)
def test_what_cannot_be_is_one_line(cli: Cli, script: Script, args: list[str], said: str) -> None:
    script([COUNT, WRITE])
    done = cli("generate", *args)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.startswith("harness: ")
    assert done.stderr.count("\n") == 1


def test_a_script_that_is_too_short_says_so(cli: Cli, script: Script) -> None:
    script([COUNT])
    done = cli("generate", "--stage", "tiny")
    assert done.returncode == 1
    assert "step 2 needs one" in done.stderr


def test_without_bubblewrap_nothing_is_run(cli: Cli, script: Script, tmp_path: Path) -> None:
    script([COUNT, WRITE])
    empty = tmp_path / "bin"
    empty.mkdir()
    for tool in ("prlimit", "setpriv", "git"):
        (empty / tool).symlink_to(f"/usr/bin/{tool}")
    refused = cli("generate", "--stage", "tiny", PATH=str(empty))
    assert refused.returncode == 1
    assert "bubblewrap is not installed" in refused.stderr
    assert "--unsafe-no-sandbox" in refused.stderr
    unsafe = cli("-v", "generate", "--stage", "tiny", "--unsafe-no-sandbox", PATH=str(empty))
    assert unsafe.returncode == 0, unsafe.stderr
    assert "WITHOUT a sandbox" in unsafe.stderr
    assert "Sandbox   0 none" in unsafe.stdout


def test_generated_in_the_way_is_one_line(cli: Cli, script: Script, project: Path) -> None:
    script([COUNT, WRITE])
    (project / "generated").rmdir()
    (project / "generated").write_text("")
    done = cli("generate", "--stage", "tiny")
    assert done.returncode == 1
    assert "generated" in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_room_in_generated_is_one_line_and_the_next_command_goes_on(
    cli: Cli, script: Script, project: Path
) -> None:
    script([COUNT, WRITE])
    # A limit on file size stops a write in the middle, as a full disk does.
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
        "sys.argv = ['harness', 'generate', '--stage', 'tiny']\n"
        "from harness.cli import main\nmain()"
    )
    full = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert full.returncode == 1
    assert "could not be written" in full.stderr
    assert full.stderr.count("\n") == 1
    assert not list(project.glob("generated/**/.*.json.*"))
    assert cli("generate", "--stage", "tiny").returncode == 0
    assert runs(cli)[0]["outcome"] == "raw"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_while_a_cell_runs_it_goes_on_next_time(
    cli: Cli, begin: Begin, script: Script, how: signal.Signals
) -> None:
    endless = "```python\nimport os, time\nopen('started', 'w').close()\n"
    endless += "time.sleep(3)\n```"
    script([COUNT + endless, WRITE])
    process = begin("generate", "--stage", "tiny", until="generated/*/*/*/work/started")
    family = psutil.Process(process.pid).children(recursive=True)
    assert family
    process.send_signal(how)
    _, errors = process.communicate(timeout=30)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    if how is not signal.SIGKILL:
        assert process.returncode == 130
        assert errors == "harness: interrupted; what was done is kept\n"
        assert "5651" in (folder(cli) / "raw.ipynb").read_text()
    assert runs(cli)[0]["outcome"] == "incomplete"
    resumed = cli("generate", "--stage", "tiny")
    assert resumed.returncode == 0, resumed.stderr
    assert "kept from before" in resumed.stdout
    assert runs(cli)[0]["outcome"] == "raw"
