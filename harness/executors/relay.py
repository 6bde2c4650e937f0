"""The bytes between a kernel and its client: passed on, counted, and cut off where too many come.

ZeroMQ bounds a message's parts one by one and counts messages, not their parts or bytes, so what
code inside can make of a socket that it owns has no limit in the memory of who reads it. So the
client is connected to sockets of our own, in a folder that no kernel sees, and what comes out of
the kernel's passes through here. ZeroMQ's framing (ZMTP 3) is read; no content is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from harness.errors import SandboxError

CHUNK = 1 << 16  # bytes
GREETING = 64  # bytes before the first frame
VERSION_AT, VERSION = 10, 3  # of the protocol, in the greeting
MORE, LONG = 0x01, 0x02  # flags of a frame
SHORT_HEAD, LONG_HEAD = 2, 9  # bytes: flags and length
FRAME_COST = 256  # bytes that a frame without content takes in ZeroMQ and in Python, roughly
MOST_PARTS = 256  # of a message; a kernel's have seven, and one more for each buffer
LARGEST_MESSAGE = 32 << 20  # bytes, where a cell may not show more
RETRY_SECONDS = 0.02
# Until the death of a kernel that closed its sockets is seen by other means, and named.
GRACE_SECONDS = 3


class Meter:
    """Counts what one channel of a kernel sends, and lets whole messages through.

    ``most`` bytes between two calls of ``begin``, of ``largest`` bytes a message. Of a message
    whose rest never comes nothing may be passed on: libzmq ends the process that reads it.
    """

    def __init__(self, name: str, most: int, largest: int) -> None:
        self.name, self.most, self.largest = name, most, largest
        self.sent = 0
        self.problem: str | None = None  # why nothing more may be passed on
        self._greeting = b""
        self._held = bytearray()  # of a message that is not complete
        self._head = b""
        self._left = 0  # bytes of the current frame that are still to come
        self._last = False  # whether it is its message's last
        self._parts = 0

    def begin(self) -> None:
        """Count from nothing again."""
        self.sent = 0

    def feed(self, data: bytes) -> bytes | bytearray:
        """Take what was sent. Returns what can be passed on now."""
        self.sent += len(data)
        missing = GREETING - len(self._greeting)
        greeting, data = data[:missing], data[missing:]
        self._greeting += greeting
        if len(self._greeting) > VERSION_AT and self._greeting[VERSION_AT] < VERSION:
            self.problem = f"spoke no known protocol on the {self.name} channel"
        at = complete = 0
        while at < len(data) and self.problem is None:
            if self._left == 0:
                at = self._begin_frame(data, at)
            step = min(self._left, len(data) - at)
            self._left -= step
            at += step
            if self._left == 0 and self._last and not self._head:
                complete, self._parts = at, 0
        if self.sent > self.most:
            self.problem = f"sent more than {self.most >> 20} MB on the {self.name} channel"
        if self.problem is not None:
            return b""
        if not complete:
            self._held += data
            return greeting
        passed, self._held = self._held + data[:complete], bytearray(data[complete:])
        return greeting + passed

    def _begin_frame(self, data: bytes, at: int) -> int:
        """Read a frame's head, or as much as there is of it. Returns where it ends."""
        flags = self._head[0] if self._head else data[at]
        size = LONG_HEAD if flags & LONG else SHORT_HEAD
        end = at + size - len(self._head)
        self._head += data[at:end]
        if len(self._head) < size:
            return len(data)
        self._left = int.from_bytes(self._head[1:])
        self._last = not flags & MORE
        self._head = b""
        self._parts += 1
        self.sent += FRAME_COST
        if len(self._held) + end + self._left > self.largest + CHUNK:
            self.problem = self._too_large(f"{self.largest >> 20} MB")
        elif self._parts > MOST_PARTS:
            self.problem = self._too_large(f"{MOST_PARTS} parts")
        return end

    def _too_large(self, than: str) -> str:
        return f"sent a message of more than {than} on the {self.name} channel"


async def connect(folder: int, name: str) -> socket.socket | None:
    """A connection to the socket of that name in a folder, by the folder's descriptor.

    It goes to what was looked at, and to nothing that took its place since. None where nobody
    listens yet. Raises SandboxError where it is no socket of the folder's owner.
    """
    try:
        found = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        what, owner = os.fstat(found), os.fstat(folder).st_uid
        if not stat.S_ISSOCK(what.st_mode) or what.st_uid != owner:
            raise SandboxError(f"what the kernel calls its socket {name} is none of its own")
        await asyncio.get_running_loop().sock_connect(connection, f"/proc/self/fd/{found}")
    except (ConnectionRefusedError, BlockingIOError):
        connection.close()
        return None  # it is not listened to yet
    except BaseException:
        connection.close()
        raise
    finally:
        os.close(found)
    return connection


class Relay:
    """Connects to sockets of a kernel in ``inside``, once, and listens under the same names in
    ``outside``, for one client each.

    ``cut`` tells why a channel was cut, once one is.
    """

    cut: asyncio.Future[str]

    def __init__(self, inside: Path, outside: Path) -> None:
        self._outside = outside
        self._inside = os.open(inside, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
        self._meters: list[Meter] = []
        self._servers: list[asyncio.Server] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[object]] = set()

    async def open(
        self, meters: Mapping[str, Meter], alive: Callable[[], Awaitable[bool]], seconds: float
    ) -> None:
        """Connect to each socket, by name, as soon as the kernel has made it, and listen.

        Raises SandboxError where the kernel dies or ``seconds`` pass before, or where what stands
        there is no socket of the kernel's user.
        """
        self.cut = asyncio.get_running_loop().create_future()
        deadline = time.monotonic() + seconds
        for name, meter in meters.items():
            while (kernel := await connect(self._inside, name)) is None:
                if not await alive() or time.monotonic() > deadline:
                    raise SandboxError(
                        f"the kernel did not start (no {meter.name} channel)",
                        "Run harness doctor to see what is missing",
                    )
                await asyncio.sleep(RETRY_SECONDS)
            await self._listen(name, meter, kernel)
            self._meters.append(meter)

    def begin(self) -> None:
        """A cell begins: count from nothing again."""
        for meter in self._meters:
            meter.begin()

    def close(self) -> None:
        """End all connections."""
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.transport.abort()
        if self._inside >= 0:
            os.close(self._inside)
            self._inside = -1

    async def _listen(self, name: str, meter: Meter, kernel: socket.socket) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=kernel)
        self._writers.append(writer)

        async def accept(from_client: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
            server.close()
            self._writers.append(client)
            self._start(_copy(from_client, writer))
            self._start(self._pass(meter, reader, client))

        server = await asyncio.start_unix_server(accept, path=self._outside / name)
        self._servers.append(server)

    def _start(self, work: Coroutine[Any, Any, object]) -> None:
        self._tasks.add(asyncio.ensure_future(work))

    async def _pass(
        self, meter: Meter, kernel: asyncio.StreamReader, client: asyncio.StreamWriter
    ) -> None:
        await _copy(kernel, client, meter)
        if meter.problem is None:
            await asyncio.sleep(GRACE_SECONDS)
            meter.problem = f"closed its {meter.name} channel"
        # The client's side stays open, with nothing to read: it may be within a message.
        if not self.cut.done():
            self.cut.set_result(meter.problem)


async def _copy(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, meter: Meter | None = None
) -> None:
    """Pass bytes on until one side closes, or ``meter`` has a problem."""
    with contextlib.suppress(ConnectionError):
        while data := await source.read(CHUNK):
            passed = memoryview(meter.feed(data) if meter else data)
            for at in range(0, len(passed), CHUNK):
                target.write(passed[at : at + CHUNK])
                await target.drain()  # who does not read is not written to
            if meter is not None and meter.problem is not None:
                return
