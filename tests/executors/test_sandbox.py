"""What generated code cannot do, tried from inside; a cell that tries fails, and says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.executors.kernels import KernelExecutor
from harness.executors.sandbox import BWRAP, probe
from harness.executors.session import KernelSession
from harness.records import CellOutcome, CellStatus, Limits, Workspace

LIMITS = Limits(cell_seconds=15, stage_seconds=120, memory_mb=1500, disk_mb=20, output_mb=0.5)
# Goes on to fail only where a new user namespace (CLONE_NEWUSER of sched.h) is refused.
UNSHARE = "import ctypes\nif ctypes.CDLL(None).unshare(0x10000000): open('/etc/shadow')"
Start = Callable[..., KernelSession]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start sessions at level 3; all are closed at the end, and nothing of them is left."""
    work = tmp_path / "work"
    work.mkdir()
    table = tmp_path / "table.csv"
    table.write_text("a\n1\n")
    table.chmod(0o600)
    opened = []

    def begin(limits: Limits = LIMITS) -> KernelSession:
        session = KernelExecutor(BWRAP).start(
            Workspace(folder=work, inputs={"table.csv": table}), limits
        )
        opened.append(session)
        return session

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield begin
    for session in opened:
        session.close()
    left = [c for c in psutil.Process().children(recursive=True) if c.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=5)
    assert not alive


def run(start: Start, source: str, limits: Limits = LIMITS) -> CellOutcome:
    return start(limits).run(source)


def test_the_probe_finds_every_promise_kept(tmp_path: Path) -> None:
    assert probe(BWRAP, tmp_path) is None


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("open('/etc/shadow').read()", "FileNotFoundError"),
        (f"import os; os.listdir({str(Path.home())!r} + '/.ssh')", "FileNotFoundError"),
        ("open('/proc/1/environ').read()", "PermissionError"),
        ("open('/usr/evil', 'w')", "OSError"),
        ("open('/evil', 'w')", "OSError"),
        ("open('table.csv', 'w')", "OSError"),
        ("import os; os.remove('table.csv')", "OSError"),
        ("import socket; socket.create_connection(('127.0.0.1', 22), 2)", "ConnectionRefusedError"),
        ("import socket; socket.create_connection(('192.0.2.1', 80), 2)", "OSError"),
        ("import socket; socket.getaddrinfo('localhost.invalid', 80)", "gaierror"),
        ("import os; os.setuid(0)", "OSError"),
        ("import os; os.kill(1, 9); open('/proc/1/root/etc/shadow')", "PermissionError"),
        (UNSHARE, "FileNotFoundError"),
        ("x = 'a' * 10**10", "MemoryError"),
        ("def f(:", "SyntaxError"),
    ],
)  # fmt: skip
def test_reaching_out_fails_inside_the_cell(start: Start, source: str, error: str) -> None:
    outcome = run(start, source)
    assert (outcome.status, outcome.error) == (CellStatus.ERROR, error)
    assert outcome.traceback
    assert "\x1b" not in outcome.traceback


def test_the_environment_of_the_host_is_not_there(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_SECRET", "token")
    source = "import os, glob\nassert 'HARNESS_SECRET' not in os.environ\n"
    source += "for p in glob.glob('/proc/*/environ'):\n  try:\n    text = open(p).read()\n"
    source += "  except OSError:\n    continue\n  assert 'HARNESS_SECRET' not in text, p"
    assert run(start, source).status is CellStatus.OK


def test_no_process_of_the_host_is_visible(start: Start) -> None:
    outcome = run(start, "import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]))")
    assert int(outcome.outputs[0]["text"]) < 10


def test_the_table_is_readable_and_the_folder_writable(start: Start) -> None:
    source = "open('out.csv', 'w').write(open('table.csv').read()); import os; os.getuid()"
    outcome = run(start, source)
    assert outcome.status is CellStatus.OK
    assert outcome.outputs[0]["data"]["text/plain"] == "65534"


def test_modules_written_by_a_cell_can_be_imported(start: Start) -> None:
    session = start()
    session.run("%%writefile app.py\nx = 1")
    assert session.run("import app; assert app.x == 1").status is CellStatus.OK


def test_a_failing_cell_does_not_stop_the_next(start: Start) -> None:
    session = start()
    assert session.run("x = 1; 1 / 0").error == "ZeroDivisionError"
    assert session.run("assert x == 1").status is CellStatus.OK


def test_warnings_are_collected(start: Start) -> None:
    outcome = run(start, "import warnings; warnings.warn('old call', FutureWarning)")
    assert outcome.warnings == ("FutureWarning: old call",)


def ended(start: Start, source: str, limits: Limits = LIMITS) -> CellOutcome:
    """Run a cell that ends its kernel; what follows is not run, and what came before is kept."""
    session = start(limits)
    first = session.run("print('kept')")
    outcome = session.run(source)
    deadline = time.monotonic() + 10
    after = session.run("1")
    while after.status is CellStatus.OK and time.monotonic() < deadline:
        time.sleep(0.2)
        after = session.run("1")
    assert first.outputs[0]["text"] == "kept\n"
    assert after.status is CellStatus.NOT_RUN
    assert after.reason
    return outcome


def test_exit_ends_the_kernel_and_is_not_a_success(start: Start) -> None:
    outcome = ended(start, "exit()")
    assert outcome.status is CellStatus.KILLED
    assert "exit" in (outcome.reason or "")


@pytest.mark.parametrize("source", ["import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_a_kernel_that_dies_is_killed(start: Start, source: str) -> None:
    assert ended(start, source).status is CellStatus.KILLED


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "import time; time.sleep(1000)",
    ],
)
def test_an_endless_cell_is_stopped_at_its_deadline(start: Start, source: str) -> None:
    outcome = ended(start, source, LIMITS.model_copy(update={"cell_seconds": 1.5}))
    assert (outcome.status, outcome.error) == (CellStatus.TIMEOUT, "CellTimeout")
    assert 1.5 <= outcome.seconds < 10


def test_the_stage_has_a_deadline_too(start: Start) -> None:
    session = start(LIMITS.model_copy(update={"stage_seconds": 2.0}))
    assert session.run("import time; time.sleep(60)").status is CellStatus.TIMEOUT


def test_endless_output_is_cut_and_its_head_kept(start: Start) -> None:
    outcome = ended(start, "i = 0\nwhile True: print(i := i + 1)")
    assert outcome.status is CellStatus.KILLED
    assert "printed more than 0.5 MB" in (outcome.reason or "")
    text = "".join(output["text"] for output in outcome.outputs)
    assert text.startswith("1\n2\n")
    assert len(text) < 2 << 20


def test_one_giant_message_does_not_become_memory_of_ours(start: Start) -> None:
    before = psutil.Process().memory_info().rss
    limits = LIMITS.model_copy(update={"memory_mb": 3000})
    outcome = ended(start, "print('x' * 200_000_000)", limits)
    assert outcome.status is CellStatus.KILLED
    assert psutil.Process().memory_info().rss - before < 150 << 20


def test_processes_together_are_held_to_the_memory(start: Start) -> None:
    source = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        block = bytearray(os.urandom(1 << 20)) * 500
        time.sleep(60)
time.sleep(60)
"""
    outcome = ended(start, source)
    assert outcome.status is CellStatus.KILLED
    assert "of memory" in (outcome.reason or "")


def test_a_full_quota_ends_the_kernel(start: Start) -> None:
    source = "import time\nfor i in range(50): open(f'f{i}', 'wb').write(b'x' * 2_000_000)\n"
    source += "time.sleep(60)"
    outcome = ended(start, source)
    assert outcome.status is CellStatus.KILLED
    assert "wrote more than 20 MB" in (outcome.reason or "")


def test_a_fork_bomb_stays_inside(start: Start) -> None:
    outcome = run(
        start, "import os\nwhile True: os.fork()", LIMITS.model_copy(update={"cell_seconds": 4})
    )
    assert outcome.status is not CellStatus.OK


BUNDLE = "from IPython.display import publish_display_data as publish\n"
FORGED = """
kernel = get_ipython().kernel
content = {'name': 7, 'text': 8}
parent = get_ipython().parent_header
kernel.session.send(kernel.iopub_socket, 'stream', content, parent=parent)
"""


@pytest.mark.parametrize(
    "source",
    [
        BUNDLE + "publish({'text/plain': {'a': 1}, 'x': object})",
        BUNDLE + "d = []\nfor _ in range(900): d = [d]\npublish({'application/json': d})",
        "print('\\ud800')",
        FORGED,
    ],
)
def test_output_no_notebook_can_hold_does_not_reach_one(start: Start, source: str) -> None:
    import nbformat

    outcome = run(start, source)
    cell = nbformat.v4.new_code_cell(
        source, outputs=[nbformat.from_dict(o) for o in outcome.outputs]
    )
    nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()


def test_closing_twice_is_harmless(start: Start) -> None:
    session = start()
    session.close()
    session.close()


def test_nothing_of_a_session_is_left_in_the_temporary_folder(start: Start) -> None:
    session = start()
    runtime = session._runtime
    assert runtime.exists()
    session.close()
    assert not runtime.exists()
