"""Batches as a user meets them: what is done stays done, whatever kills what."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from conftest import Begin, Cli, Tty, below
from engines.openai_servers import GOOD, event, serving
from gguf_files import write

pytestmark = pytest.mark.usefixtures("two_steps")

Script = Callable[..., str]
COUNT = "```python\nrows = len(open('telco.csv').readlines()) - 1\nprint(rows)\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write(str(rows))\n```\n"
SLOW = "```python\nimport time\nopen('started', 'w').close()\ntime.sleep(4)\n```\n"
STAGE = ("regenerate", "--stages", "tiny")
STARTED = "generated/*/*/*/work/started"
TIMES = ("seconds", "own_seconds", "created", "updated", "code_revision")


@pytest.fixture
def chain(project: Path, two_steps: Path) -> Path:
    """A stage that reads what ``tiny`` wrote."""
    folder = project / "prompt_templates" / "after"
    folder.mkdir()
    (folder / "stage.toml").write_text(
        'title = "After"\nsteps = ["read"]\nneeds = ["tiny"]\n'
        "[limits]\ncell_seconds = 20\nmemory_mb = 1024\ndisk_mb = 64\n"
    )
    (folder / "read.md.j2").write_text("Read out.csv.")
    return folder


def regenerate(cli: Cli, *args: str, stages: str = "tiny"):
    return cli("regenerate", "--stages", stages, *args)


def records(project: Path) -> dict[str, dict]:
    found = {}
    for path in project.glob("generated/*/*/*/run.json"):
        found[path.parent.name] = without_times(json.loads(path.read_text()))
    return found


def without_times(value):
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in TIMES}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def test_a_batch_is_planned_done_and_not_done_again(
    cli: Cli, tty: Tty, script: Script, project: Path
) -> None:
    script([COUNT, WRITE], "one")
    script([COUNT, "```python\nbroken(\n```"], "two")
    args = ("--model", "one", "--model", "two", "--samples", "2", "--contexts", "schema,blind")
    dry = regenerate(cli, *args, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "8 of 8 runs to do" in dry.stdout
    assert records(project) == {}
    done = regenerate(cli, *args)
    assert done.returncode == 0, done.stderr
    assert len(records(project)) == 8
    assert done.stdout.count("raw") >= 4
    assert "harness compare one two" in done.stdout
    assert "workers of 1 threads" in done.stdout or "1 worker of" in done.stdout
    again = regenerate(cli, *args, "--dry-run")
    assert "0 of 8 runs to do" in again.stdout
    more = regenerate(cli, *args[:4], "--samples", "3", "--contexts", "schema", "--dry-run")
    assert "2 of 6 runs to do; about" in more.stdout

    compared = json.loads(cli("compare", "one", "two", "--json").stdout)["works"]
    assert [one["context"] for one in compared] == ["blind", "schema"]
    assert [one["pass_at"] for one in compared[0]["models"]] == [{"1": 1.0}, {"1": 0.0}]
    assert compared[0]["differences"][0]["mean"] == -0.5
    shown = tty("compare", "one", "two", columns=80)
    assert "one is better, by 2 pairs" in shown
    assert ["step", "two", "one", "2", "of", "2"] in map(str.split, shown.split("\n"))
    assert "2 SyntaxError" in shown
    assert max(map(len, shown.split("\n"))) <= 80
    assert cli("compare", "one", "two", "--csv").stdout.startswith(
        "stage,context,context_sha256,help,dataset,synthetic,dataset_sha256,stage_sha256,model,model_sha256,runs,stale"
    )
    assert cli("compare", "one", "two", "--html", "c.html").returncode == 0
    page = (project / "c.html").read_text()
    assert "SyntaxError" in page
    assert "one is better, by 2 pairs" in page
    assert "-50.0% of raw cells" in page
    assert "no model with runs named 'nobody'" in cli("compare", "one", "nobody").stderr
    other = cli("compare", "one", "two", "--stage", "eda").stderr
    assert "one has no finished run of eda. Make one: harness regenerate --model one" in other
    assert cli("runs", "export", "--format", "parquet").returncode == 0
    assert (project / "cells.parquet").read_bytes().startswith(b"PAR1")


def test_artifacts_flow_down_the_line(cli: Cli, script: Script, project: Path, chain: Path) -> None:
    script([COUNT, WRITE], "one")
    done = regenerate(cli, "--model", "one", stages="after,tiny")
    assert done.returncode == 0, done.stderr
    made = {one["stage"]: one for one in records(project).values()}
    (need,) = made["after"]["needs"]
    assert (need["name"], need["stage"], need["source"]) == ("out.csv", "tiny", "patched")
    assert need["run_id"] == made["tiny"]["run_id"]


READ = "```python\nprint(open('out.csv').read())\n```"


def test_a_stage_without_inputs_stops_before_the_model_writes(
    cli: Cli, script: Script, project: Path, chain: Path
) -> None:
    script({"tiny": ["Nothing.", "Nothing."], "after": [READ]}, "lost")
    for args in ([], ["--samples", "2"]):
        done = cli("generate", "after", "--context", "blind", *args)
        assert done.returncode == 1
        assert (
            "harness: the after stage reads out.csv of the tiny stage, which no run of lost in "
            "blind context with seed 1 made. Make it: harness generate tiny --model lost "
            "--context blind; or read another run's: --from RUN\n"
        ) in done.stderr
    assert records(project) == {}
    dry = cli("generate", "after", "--dry-run")
    assert dry.returncode == 0
    assert "harness generate tiny --model lost;" in dry.stderr
    # One that ran and left it out is no input either; in a batch the others go on.
    for args in ([], ["--samples", "2"]):
        done = regenerate(cli, *args, stages="tiny,after")
        assert done.returncode == 1
        made = {one["stage"]: one for one in records(project).values() if one["seed"] == 1}
        assert list(made) == ["tiny"]
        said = f"which run {made['tiny']['run_id']} did not make. Make it: harness generate tiny"
        assert said in done.stderr
    assert len(records(project)) == 2


def test_a_stage_reads_the_run_that_is_named(
    cli: Cli, script: Script, project: Path, chain: Path
) -> None:
    script([COUNT, WRITE], "one")
    script({"after": [READ]}, "lost")
    assert cli("generate", "tiny", "--model", "one").returncode == 0
    ((source, made),) = records(project).items()
    done = cli("generate", "after", "--model", "lost", "--from", source[:5])
    assert done.returncode == 0, done.stderr
    after = next(one for one in records(project).values() if one["stage"] == "after")
    (need,) = after["needs"]
    assert (need["run_id"], need["source"]) == (source, "patched")
    assert need["sha256"] == made["raw"]["artifacts"][0]["sha256"]
    assert after["outcome"] == "raw"
    told = cli("runs", "show", after["run_id"]).stdout
    assert f"Read      out.csv of the tiny stage: patched of run {source}\n" in told
    # It is patched and read again on the same files.
    again = cli("patch", after["run_id"], "--force")
    assert again.returncode == 0, again.stderr
    assert "is done already" in cli("generate", "after", "--model", "lost", "--from", source).stdout

    wrong = cli("generate", "tiny", "--model", "one", "--from", source)
    assert "is of the stage tiny, which tiny does not read" in wrong.stderr
    assert "no run named 'zzz'" in cli("generate", "after", "--from", "zzz").stderr
    table = project / "data/telco/telco_synthetic.csv"
    table.write_text(table.read_text().replace("Female", "Woman"))
    other = cli("generate", "after", "--model", "lost", "--from", source)
    assert other.returncode == 1
    assert "was made with another table" in other.stderr
    assert other.stderr.count("\n") == 1


def test_a_script_with_replies_per_stage_plays_a_workflow(
    cli: Cli, script: Script, project: Path, chain: Path
) -> None:
    read = "```python\nassert int(open('out.csv').read()) > 100\n```"
    script({"tiny": [COUNT, WRITE], "after": [read]}, "whole")
    done = regenerate(cli, stages="tiny,after")
    assert done.returncode == 0, done.stderr
    made = {one["stage"]: one for one in records(project).values()}
    assert {stage: run["outcome"] for stage, run in made.items()} == {"tiny": "raw", "after": "raw"}
    assert made["after"]["needs"][0]["run_id"] == made["tiny"]["run_id"]
    assert made["after"]["replies"][0]["completion"]["text"] == read
    # Several samples are written side by side, all stages by one engine.
    more = regenerate(cli, "--samples", "2", stages="tiny,after")
    assert more.returncode == 0, more.stderr
    assert {one["outcome"] for one in records(project).values()} == {"raw"}


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({"tiny": [COUNT, WRITE]}, "it has no replies for the stage after. Add them, or ask only"),
        ({"tiny": [COUNT, WRITE], "aftr": [""]}, "replies for 'aftr', which is no stage. Did you"),
        ({"tiny": [COUNT, WRITE], "after": ""}, "expected a JSON list of reply texts"),
        ({"tiny": [COUNT, WRITE], "after": [1]}, "expected a JSON list of reply texts"),
    ],
)
def test_a_script_that_does_not_fit_the_stages_is_one_error_before_anything_runs(
    cli: Cli, script: Script, project: Path, chain: Path, replies: dict, said: str
) -> None:
    script(replies, "whole")
    done = regenerate(cli, stages="tiny,after")
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "whole.json" in done.stderr
    assert records(project) == {}


def test_stages_may_not_form_a_cycle(cli: Cli, script: Script, project: Path, chain: Path) -> None:
    script([COUNT, WRITE])
    tiny = project / "prompt_templates/tiny/stage.toml"
    tiny.write_text('needs = ["after"]\n' + tiny.read_text())
    done = regenerate(cli, stages="tiny,after")
    assert done.returncode == 1
    assert "stages depend on each other in a cycle" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--samples", "0"), "--samples 0 asks for nothing"),
        (("--contexts", "psychic"), "no context named 'psychic'"),
        (("--model", "nobody"), "no model named 'nobody'"),
        (("--runner", "nobody"), "no runner named 'nobody'"),
        (("--model-file", "nowhere.gguf"), "nowhere.gguf"),
        (("--artifacts", "odd"), "no form named 'odd'"),
    ],
)
def test_what_cannot_be_is_one_line(
    cli: Cli, script: Script, args: tuple[str, ...], said: str
) -> None:
    script([COUNT, WRITE])
    done = regenerate(cli, *args)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_model_named_twice_is_done_once(cli: Cli, script: Script, project: Path) -> None:
    script([COUNT, WRITE], "one")
    script([COUNT, WRITE], "copy")
    done = regenerate(cli, "--model", "one", "--model", "one", "--model", "copy")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("left out") == 1
    assert len(records(project)) == 1


def test_a_model_file_that_vanishes_in_mid_batch_fails_its_own_runs(
    begin: Begin, script: Script, project: Path
) -> None:
    script([COUNT + SLOW, WRITE], "one")
    script([COUNT, WRITE], "two")
    process = begin(*STAGE, "--model", "one", "--model", "two", until=STARTED)
    (project / "two.json").unlink()
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 1
    assert "two.json" in errors
    assert "Give the same command to try these again" in errors
    assert "Traceback" not in errors
    outcomes = {one["model"]["name"]: one["outcome"] for one in records(project).values()}
    assert outcomes == {"one": "raw"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_batch_that_was_killed_goes_on_and_ends_the_same(
    cli: Cli, begin: Begin, script: Script, project: Path, tmp_path: Path, how: signal.Signals
) -> None:
    script([COUNT + SLOW, WRITE], "slow")
    args = ("--model", "slow", "--samples", "2")
    process = begin(*STAGE, *args, until=STARTED)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) > 2
    process.send_signal(how)
    _, errors = process.communicate(timeout=40)
    _, alive = psutil.wait_procs(family, timeout=15)
    assert not alive
    if how is not signal.SIGKILL:
        assert process.returncode == 130
        assert "interrupted; what was done is kept" in errors
    resumed = regenerate(cli, *args)
    assert resumed.returncode == 0, resumed.stderr
    assert "2 replies kept" in resumed.stdout
    broken = records(project)

    (project / "generated").rename(tmp_path / "generated")
    (project / "generated").mkdir()
    assert regenerate(cli, *args).returncode == 0
    assert records(project) == broken
    assert {one["outcome"] for one in broken.values()} == {"raw"}


def test_a_worker_that_is_killed_fails_its_run_and_the_batch_goes_on(
    cli: Cli, begin: Begin, script: Script, project: Path
) -> None:
    script([COUNT + SLOW, WRITE], "slow")
    script([COUNT, WRITE], "quick")
    process = begin(*STAGE, "--model", "slow", "--model", "quick", until=STARTED)
    for worker in below(process.pid, "spawn_main"):
        worker.kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "died (killed by signal 9)" in errors
    outcomes = {one["model"]["name"]: one["outcome"] for one in records(project).values()}
    assert outcomes == {"slow": "incomplete", "quick": "raw"}
    assert regenerate(cli, "--model", "slow").returncode == 0


def test_a_server_is_asked_for_several_runs_at_a_time(cli: Cli, project: Path) -> None:
    with serving([0.5, *GOOD]) as server:
        path = project / "models.toml"
        entry = f'[models.s]\nserver = "{server.url}"\nserved = "m"\nconcurrent = 3\n'
        path.write_text(f"{path.read_text()}\n{entry}")
        done = regenerate(cli, "--model", "s", "--samples", "5")
    assert done.returncode == 0, done.stderr
    assert "3 replies at a time" in done.stdout
    assert 1 < server.most <= 3
    assert len(server.asked) == 10
    assert sorted(one["seed"] for one in records(project).values()) == [1, 2, 3, 4, 5]


def test_replies_of_all_stages_are_written_before_a_notebook_runs(
    cli: Cli, project: Path, chain: Path
) -> None:
    said = event("```python\nopen('out.csv', 'w').write('1')\n```")
    with serving([said, *GOOD[-3:]]) as server:
        path = project / "models.toml"
        path.write_text(f'{path.read_text()}\n[models.s]\nserver = "{server.url}"\nserved = "m"\n')
        done = regenerate(cli, "--model", "s", "--samples", "2", stages="after,tiny")
        assert done.returncode == 0, done.stderr
        assert len(server.asked) == 2 * (2 + 1)
    assert "4 replies at a time" in done.stdout
    written = [one.stat().st_mtime_ns for one in project.glob("generated/*/*/*/replies.json")]
    ran = [one.stat().st_mtime_ns for one in project.glob("generated/*/*/*/raw.ipynb")]
    assert len(written) == len(ran) == 4
    assert max(written) < min(ran)
    made = {(one["stage"], one["seed"]): one for one in records(project).values()}
    for seed in (1, 2):
        (need,) = made["after", seed]["needs"]
        assert need["run_id"] == made["tiny", seed]["run_id"]


def test_killed_while_several_are_written_it_asks_for_what_is_missing(
    cli: Cli, begin: Begin, project: Path
) -> None:
    with serving(GOOD, [30.0, *GOOD]) as server:
        path = project / "models.toml"
        entry = f'[models.s]\nserver = "{server.url}"\nserved = "m"\nconcurrent = 2\n'
        path.write_text(f"{path.read_text()}\n{entry}")
        args = ("--model", "s", "--samples", "3")
        replies = "generated/*/*/*/replies.json"
        begin(*STAGE, *args, until=replies).kill()
        ((kept,),) = (json.loads(one.read_text())["replies"] for one in project.glob(replies))
        server.answers = [GOOD]
        done = regenerate(cli, *args)
        assert done.returncode == 0, done.stderr
    assert "Next      harness runs show" in done.stdout  # no code, so none of them passed
    assert {len(one["replies"]) for one in records(project).values()} == {2}
    asked = Counter((one["seed"], len(one["messages"])) for one in server.asked)
    assert len(asked) == 6
    first = min(messages for _, messages in asked)
    assert asked[kept["completion"]["seed"], first] == 1


def test_two_batches_never_write_one_run(
    cli: Cli, begin: Begin, script: Script, project: Path
) -> None:
    script([COUNT + SLOW.replace("(4)", "(15)"), WRITE], "slow")
    process = begin(*STAGE, "--model", "slow", "--samples", "1", until=STARTED)
    second = regenerate(cli, "--model", "slow", "--samples", "2")
    process.communicate(timeout=90)
    assert second.returncode == 1
    assert "another process is working on run" in second.stderr
    assert sorted(one["seed"] for one in records(project).values()) == [1, 2]
    assert {one["outcome"] for one in records(project).values()} == {"raw"}


def test_no_room_stops_the_batch_in_one_line(cli: Cli, script: Script, project: Path) -> None:
    script([COUNT, WRITE])
    code = (
        "import resource, sys\n"
        "sys.argv = ['harness', 'regenerate', '--stages', 'tiny', '--runner', 'inline']\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
        "from harness.cli import main\nmain()"
    )
    full = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert full.returncode == 1
    assert "could not be written" in full.stderr
    assert full.stderr.count("\n") == 1
    assert regenerate(cli).returncode == 0


def test_records_of_a_newer_schema_are_told_and_left_alone(
    cli: Cli, script: Script, project: Path
) -> None:
    script([COUNT, WRITE])
    newer = project / "generated/m/tiny/abc/run.json"
    newer.parent.mkdir(parents=True)
    newer.write_text('{"schema_version": 99, "new": true}')
    (project / "generated/m/tiny/half").mkdir()
    assert regenerate(cli).returncode == 0
    listed = cli("runs")
    assert "A newer version of harness wrote it" in listed.stderr
    assert newer.read_text() == '{"schema_version": 99, "new": true}'


def test_an_old_file_needs_its_chat_format_here_too(cli: Cli, tmp_path: Path) -> None:
    old = write(tmp_path / "old.gguf", without=["tokenizer.chat_template"])
    given = ("--model-file", str(old), "--dry-run")
    without = regenerate(cli, *given)
    assert without.returncode == 1
    assert "--chat-format" in without.stderr
    done = regenerate(cli, *given, "--chat-format", "llama-2")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 runs to do" in done.stdout
