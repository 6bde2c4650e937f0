"""The engine's process, from the side of its owner: how it starts, is heard, and ends."""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection
from multiprocessing import Pipe
from typing import IO

from harness.engines.llama import messages
from harness.engines.llama.messages import Answer, Failed, LoadModel, ModelLoaded
from harness.errors import EngineError, EngineLostError, PromptError
from harness.records import Record

LOAD_SECONDS = 600  # from a slow disk, most of it
CLOSE_SECONDS = 3
# How often a thread of llama.cpp looks again, while it waits for the others, before it sleeps.
# libgomp looks 300,000 times, on a core that a neighbour could use, and then must wait for it.
# Measured by benchmarks/neighbours.py. A user's own settings are left alone.
SPIN_COUNT = 1_000
WAITING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
GO_ON = "What was written is kept; give the same command to go on"


class Process:
    """The process and the pipe to it. Its answers go to whoever expects them."""

    def __init__(self, settings: LoadModel) -> None:
        self._name = settings.path.name
        # What llama.cpp says as it aborts; it lives as long as this does.
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._pipe, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.engines.llama.server", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._stderr,
        )
        theirs.close()
        self._sending, self._routing = threading.Lock(), threading.Lock()
        self._inboxes: dict[int, queue.SimpleQueue[Answer | None]] = {}
        self._loading, self._ready = threading.Lock(), False
        self.dead = False
        try:
            self.send(settings)
        except BaseException:
            self.end()
            raise

    def send(self, message: Record) -> None:
        """Raises EngineError where the process is gone."""
        try:
            with self._sending:
                messages.send(self._pipe, message)
        except OSError:
            raise self._reason() from None

    def expect(self, requests: Collection[int]) -> queue.SimpleQueue[Answer | None]:
        """Where the answers to these requests will come in."""
        inbox: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        with self._routing:
            for number in requests:
                self._inboxes[number] = inbox
            if self.dead:
                inbox.put(None)
        return inbox

    def forget(self, requests: Collection[int]) -> None:
        """Nobody looks there any more."""
        with self._routing:
            for number in requests:
                self._inboxes.pop(number, None)

    def answer(self, inbox: queue.SimpleQueue[Answer | None]) -> Answer:
        """The next answer. Raises PromptError or EngineError where that is what it says."""
        answer = inbox.get()
        if answer is None:
            raise self._reason()
        if isinstance(answer, Failed):
            raise _error(answer)
        return answer

    def end(self) -> None:
        """End the process, whatever it is doing. Safe to call twice."""
        # Closing alone is not seen over there while our own thread still reads from it.
        with (
            contextlib.suppress(OSError),
            socket.socket(fileno=os.dup(self._pipe.fileno())) as both,
        ):
            both.shutdown(socket.SHUT_RDWR)
        self._pipe.close()
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stderr.close()

    def wait_until_loaded(self) -> None:
        """Raises EngineError where loading fails; the process is ended then."""
        with self._loading:
            if self._ready:
                return
            try:
                self._wait()
            except BaseException:
                self.dead = True
                self.end()
                raise
            self._ready = True
            threading.Thread(target=self._listen, name="engine", daemon=True).start()

    def _wait(self) -> None:
        try:
            if not self._pipe.poll(LOAD_SECONDS):
                raise EngineError(f"{self._name} did not load within {LOAD_SECONDS} s")
            answer = messages.receive_answer(self._pipe)
        except (EOFError, OSError, ValueError, TypeError):
            # It ended; or another thread closed the pipe, which is any of these.
            raise self._reason() from None
        if isinstance(answer, Failed):
            raise _error(answer)
        if not isinstance(answer, ModelLoaded):
            raise EngineError(f"the engine began with '{answer.kind}'")

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError, ValueError, TypeError):
            while True:
                answer = messages.receive_answer(self._pipe)
                number = getattr(answer, "request", None)
                with self._routing:
                    inbox = self._inboxes.get(number) if number is not None else None
                if inbox is not None:
                    inbox.put(answer)
        with self._routing:
            self.dead = True
            for inbox in self._inboxes.values():
                inbox.put(None)

    def _reason(self) -> EngineError:
        """What ended the process, in one line; a model that does not even load is not lost."""
        self.dead = True
        kind = EngineLostError if self._ready else EngineError
        try:
            code = self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            return kind(f"the engine of {self._name} stopped talking", GO_ON)
        message = _last_line(self._stderr)
        if code == -9:
            how = "was killed; by the system, if memory ran out"
        elif code < 0:
            how = f"ended with signal {-code}" + (f" ({message})" if message else "")
        else:
            how = f"ended with code {code}" + (f" ({message})" if message else "")
        return kind(f"the engine of {self._name} {how}", GO_ON)


def _last_line(stderr: IO[bytes]) -> str:
    """What a process that aborts says of the reason."""
    try:
        stderr.seek(0)
        lines = stderr.read(1 << 16).decode(errors="replace").splitlines()
    except ValueError:  # closed
        return ""
    telling = [
        line for line in lines if any(word in line for word in ("GGML_ASSERT", "rror", "what()"))
    ]
    found = telling or [line for line in lines if line.strip()]
    return found[-1].strip()[:200] if found else ""


def _environment() -> dict[str, str]:
    chosen = any(name in os.environ for name in WAITING)
    return {**os.environ, **({} if chosen else {"GOMP_SPINCOUNT": str(SPIN_COUNT)})}


def _error(failed: Failed) -> EngineError | PromptError:
    kind = PromptError if failed.error == "prompt" else EngineError
    return kind(failed.message, failed.hint)
