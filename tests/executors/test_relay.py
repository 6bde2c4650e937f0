"""Whatever a cell sends on whichever channel, little of it becomes memory of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.errors import SandboxError
from harness.executors import relay
from harness.executors.kernels import KernelExecutor
from harness.executors.relay import Meter, Relay
from harness.executors.sandbox import BWRAP
from harness.executors.session import KernelSession
from harness.records import CellOutcome, CellStatus, Limits, Workspace

LIMITS = Limits(cell_seconds=40, stage_seconds=100, output_mb=2)
MOST_MEMORY = 160 << 20  # bytes, at any moment
HEAD = """
import json, os, socket, threading, time, zmq
from ipykernel.kernelapp import IPKernelApp
app = IPKernelApp.instance()
kernel = get_ipython().kernel
parent = get_ipython().parent_header
block = b'x' * (10 << 20)

def publish(kind, content, buffers=None):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=parent, buffers=buffers)

def raw(*frames):
    send = zmq.Socket.shadow(app.iopub_thread.socket.underlying).send_multipart
    app.iopub_thread.schedule(lambda: send(frames))

def display(text):
    parts = kernel.session.serialize(kernel.session.msg('display_data', {}, parent=parent))
    parts[-1] = text
    parts[1] = kernel.session.sign(parts[2:])
    raw(*parts)

def wires():
    found = {}
    names = {f'k-{getattr(app, name + "_port")}': name for name in CHANNELS}
    for fd in range(3, 200):
        try:
            wire = socket.socket(fileno=os.dup(fd))
            wire.getpeername()  # it is no listener
            who = wire.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            if who[:4] == bytes(4):  # a process that is not seen from here
                found[names[os.path.basename(wire.getsockname())]] = wire
        except (OSError, KeyError, TypeError):
            continue
    return found

def write(wire, data):
    data = memoryview(data)
    while data:
        try:
            data = data[wire.send(data):]
        except BlockingIOError:
            time.sleep(0.001)

CHANNELS = ('shell', 'iopub', 'stdin', 'control', 'hb')
part = bytes([2]) + len(block).to_bytes(8, 'big') + block
"""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[KernelSession]:
    (tmp_path / "work").mkdir()
    started = KernelExecutor(BWRAP).start(Workspace(folder=tmp_path / "work"), LIMITS)
    yield started
    started.close()


class Watched:
    """The most memory that this process took beyond what it had at first."""

    def __enter__(self) -> Watched:
        self._process, self._over = psutil.Process(), threading.Event()
        self._first = self.most = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.most = max(self.most, self._process.memory_info().rss)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.grown = self.most - self._first


def flood(session: KernelSession, source: str) -> CellOutcome:
    """What becomes of a cell that sends so much, within the memory that it may cost."""
    with Watched() as memory:
        outcome = session.run(HEAD + source + "\ntime.sleep(0.5)\nprint('sent')")
    assert memory.grown < MOST_MEMORY
    return outcome


def test_channels_that_nobody_reads_are_not_connected(session: KernelSession) -> None:
    outcome = session.run(HEAD + "print(sorted(wires()))")
    assert outcome.outputs[-1]["text"] == "['iopub', 'shell']\n"


def test_what_is_sent_to_a_channel_that_nobody_reads_is_lost(session: KernelSession) -> None:
    source = "client = kernel._parent_ident['shell']\n"
    source += "client = client if isinstance(client, list) else [client]\n"
    source += "for _ in range(40): app.stdin_socket.send_multipart([*client, block])"
    outcome = flood(session, source)
    assert outcome.status is CellStatus.OK
    assert outcome.outputs[-1]["text"].endswith("sent\n")


@pytest.mark.parametrize(
    "source",
    [
        "for _ in range(30): publish('comm_msg', {'comm_id': 'c', 'data': {}}, [block])",
        "for _ in range(30): publish('input_request', {'prompt': 'x' * (10 << 20)})",
        "for _ in range(30): publish('nonsense', {'x': [[]] * (3 << 20)})",
        "write(wires()['shell'], part * 20)",
        "write(wires()['iopub'], part * 20)",
        "raw(*[block] * 30)",
        "raw(*[b''] * 400_000)",
        "for _ in range(10_000): raw(*[b''] * 250)",
        "raw(block * 5)",
        "for _ in range(20): display(b'[' + b'[],' * (5 << 20) + b'[]]')",
    ],
)  # fmt: skip
def test_a_flood_ends_the_kernel_and_costs_little(session: KernelSession, source: str) -> None:
    outcome = flood(session, source)
    assert outcome.status is CellStatus.KILLED
    assert "more than" in (outcome.reason or "")
    after = session.run("1")
    assert (after.status, after.reason) == (
        CellStatus.NOT_RUN,
        f"the kernel was stopped: {outcome.reason}",
    )


def test_a_list_of_lists_within_the_limit_costs_little(session: KernelSession) -> None:
    outcome = flood(session, "display(b'{\"data\": [' + b'[],' * 600_000 + b'[]]}')")
    assert outcome.status is CellStatus.OK


def test_widgets_that_show_nothing_here_are_no_flood(session: KernelSession) -> None:
    source = "for _ in range(500): publish('comm_msg', {'comm_id': 'c', 'data': {'state': 1}})"
    assert flood(session, source).status is CellStatus.OK


def test_the_beginning_of_a_large_message_is_kept(session: KernelSession) -> None:
    outcome = flood(session, r"print('a\"\\é\n' * 1_000_000)")
    assert (outcome.status, outcome.reason) == (CellStatus.KILLED, "printed more than 2 MB")
    text = outcome.outputs[0]["text"]
    assert text.startswith('a"\\é\na"')
    assert 1 << 20 < len(text) <= (2 << 20) + 100


def test_what_is_sent_between_cells_is_bounded_too(session: KernelSession) -> None:
    source = "def go(): write(wires()['iopub'], part * 20)\n"
    source += "threading.Timer(0.3, go).start()"
    with Watched() as memory:
        assert session.run(HEAD + source).status is CellStatus.OK
        threading.Event().wait(1.5)
        outcome = session.run("import time; time.sleep(20)")
    assert memory.grown < MOST_MEMORY
    assert outcome.status in {CellStatus.KILLED, CellStatus.NOT_RUN}
    assert "more than" in (outcome.reason or "")


def test_no_link_leads_to_a_socket_of_the_host(session: KernelSession, tmp_path: Path) -> None:
    host = socket.socket(socket.AF_UNIX)
    host.bind(str(tmp_path / "host"))
    (tmp_path / "host").chmod(0o777)
    host.listen()
    source = f"""
import os, time
for name in os.listdir({str(session._runtime)!r}):
    path = os.path.join({str(session._runtime)!r}, name)
    if name.startswith('k-'):
        os.unlink(path)
        os.symlink({str(tmp_path / "host")!r}, path)
os.closerange(3, 200)
time.sleep(30)
"""
    outcome = session.run(source)
    assert outcome.status is CellStatus.KILLED
    session.close()
    with host:
        host.settimeout(0.1)
        with pytest.raises(TimeoutError):
            host.accept()


def opened(folder: Path) -> None:
    async def dead() -> bool:
        return False

    async def go() -> None:
        made = Relay(folder / "in", folder / "out")
        try:
            await made.open({"k-1": Meter("shell", 1 << 20, 1 << 20)}, dead, 1)
        finally:
            made.close()

    asyncio.run(go())


@pytest.mark.parametrize("kind", ["link", "file", "folder", "nothing"])
def test_only_a_socket_is_connected_to(tmp_path: Path, kind: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    host = socket.socket(socket.AF_UNIX)
    host.bind(str(tmp_path / "host"))
    host.listen()
    path = tmp_path / "in" / "k-1"
    if kind == "link":
        path.symlink_to(tmp_path / "host")
    elif kind == "file":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    with host, pytest.raises(SandboxError):
        opened(tmp_path)


GREETING = b"\xff" + bytes(8) + b"\x7f\x03" + bytes(53)


def frames(*lengths: int, more: int = 0) -> bytes:
    """Frames of such lengths; all but the last ``more`` belong to one message."""
    made = b""
    for index, length in enumerate(lengths):
        flags = relay.MORE if index < more else 0
        if length < 256:
            made += bytes([flags, length])
        else:
            made += bytes([flags | relay.LONG]) + length.to_bytes(8)
        made += bytes(length)
    return made


def fed(meter: Meter, stream: bytes, step: int) -> bytes:
    return b"".join(meter.feed(stream[at : at + step]) for at in range(0, len(stream), step))


@pytest.mark.parametrize("step", [1, 7, 100, 100_000])
def test_a_meter_passes_whole_messages_on_however_they_are_cut(step: int) -> None:
    meter = Meter("iopub", 1 << 20, 1 << 20)
    first = GREETING + frames(0, 3, 255, 256, 70_000, 1, more=5)
    first += frames(0) + frames(300, 0, more=1)
    assert fed(meter, first, step) == first
    assert meter.sent == len(first) + 9 * relay.FRAME_COST
    meter.begin()
    begun = frames(5, 9, more=2)
    assert fed(meter, begun, step) == b""
    assert fed(meter, frames(7) + begun, step) == begun + frames(7)
    assert meter.problem is None


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (frames(1 << 20), "sent more than 1 MB on the shell channel"),
        (
            bytes([relay.LONG]) + b"\x7f" * 8,
            "a message of more than 2 MB on the shell channel",
        ),
        (frames(*[600_000] * 4, more=4)[: 3 << 19], "more than 1 MB"),
        (frames(*[0] * 300, more=300), "sent a message of more than 256 parts"),
        (frames(0) * 5_000, "sent more than 1 MB"),
    ],
)
def test_a_meter_says_what_was_too_much(stream: bytes, problem: str) -> None:
    meter = Meter("shell", 1 << 20, 2 << 20)
    assert meter.feed(GREETING) == GREETING
    fed(meter, stream, 1 << 16)
    assert problem in (meter.problem or "")


def test_a_meter_knows_one_protocol() -> None:
    meter = Meter("shell", 1 << 20, 1 << 20)
    assert meter.feed(bytes(64)) == b""
    assert meter.problem == "spoke no known protocol on the shell channel"
