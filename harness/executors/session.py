"""A kernel session: start, run one cell after another, close.

nbclient speaks to the kernel; this module adds what it lacks for hostile code: wall deadlines that
a cell cannot swallow, caps on output, memory and disk, and a verdict that says which of them ended
the kernel. The kernel lives in a thread of its own, because bwrap's ``--die-with-parent`` follows
the thread that started it and because Ctrl-C must reach the caller, not nbclient.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import nbformat
import zmq.asyncio
from nbclient.exceptions import DeadKernelError

from harness import files
from harness.errors import SandboxError
from harness.executors import asking, limits, modes, outputs, relay
from harness.executors.channels import Manager
from harness.executors.client import CappedClient
from harness.executors.provisioner import KERNEL_NAME, OneSpec, SandboxProvisioner, kernel_spec
from harness.executors.sandbox import Sandbox
from harness.records import CellOutcome, CellStatus, Limits, Workspace

START_SECONDS = 60
CLOSE_SECONDS = 10
INTERRUPTED_SECONDS = 5  # until a program that was interrupted gives way
# A cell may send more than it may show, for a picture of progress replaces the one before; this
# bounds what it costs to read and throw away.
TIMES_SHOWN = 16
MOST_WAITING = 100  # messages of a channel that ZeroMQ has read and nbclient has not
MESSAGE_SLACK = 1 << 20  # bytes of a message beside what a cell may show

T = TypeVar("T")


class KernelSession:
    """One kernel, used once. Not for use from several threads.

    ``ahead`` are modules that it imports before its first cell, out of that cell's sight.
    Raises SandboxError where the kernel does not come up.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        workspace: Workspace,
        limits: Limits,
        python: str,
        ahead: Sequence[str] = (),
    ) -> None:
        self._limits = limits
        self._workspace = workspace
        self._ended: str | None = None  # why there is no kernel any more
        # Unix socket paths end at about 100 bytes, so this cannot live under generated/.
        self._scratch = files.Scratch()
        self._scratch.path.chmod(0o711)  # the sandbox's user must get through
        self._runtime = self._scratch.path / "r"  # shared with the kernel
        self._own = self._scratch.path / "o"  # of no concern to it
        self._runtime.mkdir(mode=0o700)
        self._own.mkdir(mode=0o700)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kernel", daemon=True)
        self._thread.start()
        try:
            self._call(self._start(sandbox, python, ahead))
        except BaseException:
            self.close()
            raise
        self.adopt(workspace)

    def adopt(self, workspace: Workspace) -> None:
        """Go on in ``workspace``, to which this session's folder was moved; its time begins."""
        self._workspace = workspace
        # Only cells take of it: a kernel may wait for a model between them.
        self._stage_left = self._limits.stage_seconds

    def is_alive(self) -> bool:
        """Whether its kernel is."""
        return self._ended is None and self._call(self._alive())

    def run(self, source: str) -> CellOutcome:
        """Execute one cell; see ``harness.ports.Session``."""
        if self._is_over():
            return CellOutcome(status=CellStatus.NOT_RUN, reason=self._ended)
        return self._call(self._run(source))

    def updated(self) -> dict[int, tuple[dict[str, Any], ...]]:
        """See ``harness.ports.Session``."""
        return self._client.updated()

    def ask(self, program: str, question: object, seconds: float) -> object | None:
        """See ``harness.ports.Session``."""
        return None if self._is_over() else self._call(self._ask(program, question, seconds))

    def close(self) -> None:
        """End the kernel, all it started, and the session's thread and sockets."""
        if self._thread.is_alive():
            with contextlib.suppress(TimeoutError):
                self._call(self._stop(), timeout=CLOSE_SECONDS)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CLOSE_SECONDS)
            self._loop.close()
            modes.strip(self._workspace.folder)
        self._scratch.close()

    def _is_over(self) -> bool:
        if self._ended is None and not self.is_alive():
            self._ended = "the kernel died after the cell before"
        if self._ended is None and self._relay.cut.done():
            self._ended = f"the kernel was stopped: it {self._relay.cut.result()}"
            self._call(self._kill())
        return self._ended is not None

    def _call(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    async def _start(self, sandbox: Sandbox, python: str, ahead: Sequence[str]) -> None:
        self._context = zmq.asyncio.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, self._largest())
        self._context.setsockopt(zmq.RCVHWM, MOST_WAITING)
        self._context.setsockopt(zmq.RECONNECT_IVL, -1)  # what was cut stays cut
        self._manager = Manager(
            kernel_name=KERNEL_NAME,
            kernel_spec_manager=OneSpec(
                kernel_spec(sandbox, self._workspace, self._runtime, self._limits, python, ahead)
            ),
            transport="ipc",
            ip=str(self._runtime / "k"),
            relayed=str(self._own / "k"),
            connection_file=str(self._runtime / "kernel.json"),
            context=self._context,
        )
        self._client = CappedClient(
            nbformat.v4.new_notebook(),
            km=self._manager,
            allow_errors=True,
            timeout=None,
            interrupt_on_timeout=False,
            # Outputs may take long to read after the reply; the cell's deadline ends that too.
            iopub_timeout=math.ceil(self._limits.stage_seconds) + START_SECONDS,
            startup_timeout=START_SECONDS,
            record_timing=False,
            coalesce_streams=False,
        )
        self._relay = relay.Relay(self._runtime, self._own)
        self._client.cap = int(self._limits.output_mb * (1 << 20))
        try:
            await self._client.async_start_new_kernel(cwd=str(self._workspace.folder))
            await self._relay.open(self._meters(), self._alive, START_SECONDS)
            client = await self._client.async_start_new_kernel_client()
            most = self._client.cap + MESSAGE_SLACK
            client.shell_channel.largest = client.iopub_channel.largest = most
        except (RuntimeError, OSError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SandboxError(
                f"the kernel did not start ({reason})", "Run harness doctor to see what is missing"
            ) from error

    def _meters(self) -> dict[str, relay.Meter]:
        """What each channel may carry for one cell, by the name of the kernel's socket."""
        shown = TIMES_SHOWN * self._client.cap
        largest = self._largest()
        shell = relay.Meter("shell", shown // 4 + largest, largest)
        iopub = relay.Meter("iopub", max(shown, 2 * largest), largest)
        manager = self._manager
        return {f"k-{manager.shell_port}": shell, f"k-{manager.iopub_port}": iopub}

    def _largest(self) -> int:
        return max(relay.LARGEST_MESSAGE, 2 * int(self._limits.output_mb * (1 << 20)))

    async def _stop(self) -> None:
        manager = getattr(self, "_manager", None)
        if manager is not None:
            with contextlib.suppress(RuntimeError, OSError):
                if manager.has_kernel:
                    await manager.shutdown_kernel(now=True)
                await manager.cleanup_resources()
            if self._client.kc is not None:
                self._client.kc.stop_channels()
        if hasattr(self, "_relay"):
            self._relay.close()
        if hasattr(self, "_context"):
            self._context.destroy(linger=0)
        pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    def _pid(self) -> int:
        provisioner = self._manager.provisioner
        return provisioner.pid or 0 if isinstance(provisioner, SandboxProvisioner) else 0

    async def _alive(self) -> bool:
        return bool(await self._manager.is_alive())

    async def _kill(self) -> None:
        with contextlib.suppress(RuntimeError, OSError):
            await self._manager.shutdown_kernel(now=True)

    async def _run(self, source: str) -> CellOutcome:
        cell = nbformat.v4.new_code_cell(source)
        index = self._client.begin(cell)
        self._relay.begin()
        started = time.monotonic()
        deadline = started + min(self._limits.cell_seconds, self._stage_left)
        work = asyncio.ensure_future(self._client.async_execute_cell(cell, index))
        guard = asyncio.ensure_future(
            limits.until_exceeded(
                self._pid(),
                (self._workspace.folder, self._runtime),
                self._limits,
                deadline,
                lambda: self._client.over_cap,
            )
        )
        cut = self._relay.cut
        waited: set[asyncio.Future[Any]] = {work, guard, cut}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            verdict = guard.result() if guard.done() else _cut(cut.result())
            guard.cancel()
            self._ended = f"the kernel was stopped: {verdict.reason}"
            await self._kill()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            return self._outcome(cell, started, verdict.status, verdict.reason)
        guard.cancel()
        return await self._judge(cell, started, work.exception())

    async def _ask(self, program: str, question: object, seconds: float) -> object | None:
        client: Any = self._client.kc
        self._relay.begin()
        message = client.session.msg("harness_ask", asking.content(program, question))
        client.shell_channel.send(message)
        behind = client.kernel_info()
        found = None
        for patience in (seconds, INTERRUPTED_SECONDS):
            try:
                found = await asking.reply(client, message["msg_id"], behind, patience)
                break
            except TimeoutError:
                asking.interrupt(self._pid())
            except (ValueError, TypeError, KeyError, RecursionError, RuntimeError):
                break  # no kernel sends such a message
        else:
            self._ended = "the kernel was stopped: it did not answer, and could not be interrupted"
            await self._kill()
            return None
        await asking.skip(client)
        return asking.believed(found)

    async def _judge(
        self, cell: nbformat.NotebookNode, started: float, error: BaseException | None
    ) -> CellOutcome:
        reply = self._client.reply
        if error is None and not (reply and reply.asked_to_exit):
            return self._outcome(cell, started, None, None)
        if error is None:
            reason = "the cell ended its kernel (exit)"
        elif isinstance(error, DeadKernelError):
            reason = "the cell's kernel died (killed from inside, or out of memory)"
        else:
            reason = f"the kernel sent what no kernel sends ({type(error).__name__})"
        self._ended = reason.replace("the cell", "an earlier cell", 1)
        await self._kill()
        return self._outcome(cell, started, CellStatus.KILLED, reason)

    def _outcome(
        self,
        cell: nbformat.NotebookNode,
        started: float,
        status: CellStatus | None,
        reason: str | None,
    ) -> CellOutcome:
        seconds = round(time.monotonic() - started, 3)
        self._stage_left -= seconds
        return outputs.outcome(cell.outputs, seconds, self._client.reply, status, reason)


def _cut(reason: str) -> limits.LimitExceeded:
    return limits.LimitExceeded(status=CellStatus.KILLED, reason=reason)
