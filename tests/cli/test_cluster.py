"""The same batch on a Ray cluster of two nodes, and with one of them killed under it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from conftest import Begin, Cli

pytestmark = pytest.mark.usefixtures("two_steps")

Script = Callable[..., str]
COUNT = "```python\nrows = len(open('telco.csv').readlines()) - 1\nprint(rows)\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write(str(rows))\n```\n"
WAIT = "```python\nimport time\ntime.sleep(3)\n```\n"
# A cluster in a process of its own: Ray changes the one it is in, warnings and signals included.
CLUSTER = """
import sys, time
from ray.cluster_utils import Cluster
size = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
cluster = Cluster(initialize_head=True, head_node_args=size)
second = cluster.add_node(num_cpus=1, object_store_memory=80 << 20)
cluster.wait_for_nodes()
print(cluster.address, flush=True)
for line in sys.stdin:
    if line.strip() == "kill":
        cluster.remove_node(second, allow_graceful=False)
        print("killed", flush=True)
    else:
        break
cluster.shutdown()
"""


class Nodes:
    """A running cluster: its address, and the means to kill its second node."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.address = process.stdout.readline().strip()

    def kill_second(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("kill\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == "killed"

    def end(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write("end\n")
            self._process.stdin.close()
        self._process.wait(60)


@pytest.fixture
def nodes():
    scratch = tempfile.mkdtemp(prefix="ray-")
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # Short, because sockets are in it.
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": scratch},
    ) as process:
        made = Nodes(process)
        family = psutil.Process(process.pid).children(recursive=True)
        try:
            assert ":" in made.address
            yield made
        finally:
            made.end()
            _, alive = psutil.wait_procs(family, timeout=20)
            for one in alive:
                with contextlib.suppress(psutil.NoSuchProcess):  # it went with its parent
                    one.kill()
            shutil.rmtree(scratch, ignore_errors=True)


def records(project: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in project.glob("generated/*/*/*/run.json")]


@pytest.mark.timeout(240)
def test_two_nodes_do_the_same_batch(
    cli: Cli, script: Script, project: Path, nodes: Nodes, tmp_path: Path
) -> None:
    script([COUNT, WRITE], "one")
    args = ("regenerate", "--stages", "tiny", "--model", "one", "--samples", "4")
    done = cli(*args, "--runner", "ray", "--address", nodes.address)
    assert done.returncode == 0, done.stderr
    assert "2 workers on 2 nodes" in done.stdout
    made = records(project)
    assert sorted(one["seed"] for one in made) == [1, 2, 3, 4]
    assert {one["outcome"] for one in made} == {"raw"}
    assert all(one["raw"]["artifacts"][0]["status"] == "collected" for one in made)
    assert len(list(project.glob("generated/one/tiny/*/artifacts/raw/out.csv"))) == 4
    assert "0 of 4 runs to do" in cli(*args, "--dry-run").stdout


@pytest.mark.timeout(240)
def test_a_node_killed_in_the_middle_loses_and_doubles_nothing(
    begin: Begin, script: Script, project: Path, nodes: Nodes
) -> None:
    script([COUNT + WAIT, WRITE], "slow")
    options = ["--samples", "4", "--runner", "ray", "--address", nodes.address]
    replies = "generated/slow/tiny/*/replies.json"
    process = begin("regenerate", "--stages", "tiny", *options, until=replies, count=2)
    time.sleep(1)
    nodes.kill_second()
    out, errors = process.communicate(timeout=150)
    assert process.returncode == 0, errors
    made = records(project)
    assert sorted(one["seed"] for one in made) == [1, 2, 3, 4]
    assert {one["outcome"] for one in made} == {"raw"}
    assert [len(one["replies"]) for one in made] == [2] * 4
    assert out.count("seed 1  raw") == 1


def test_an_address_that_does_not_answer_is_one_line(cli: Cli, script: Script) -> None:
    script([COUNT, WRITE])
    done = cli("regenerate", "--stages", "tiny", "--runner", "ray", "--address", "127.0.0.1:1")
    assert done.returncode == 1
    assert "Ray cluster" in done.stderr
    assert "ray start --head" in done.stderr
    assert done.stderr.count("\n") == 1
