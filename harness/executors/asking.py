"""Questions to a kernel that are no cells: what goes there, and what of its answer is believed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from harness.executors import answering

LARGEST_ANSWER = 1 << 20  # characters
# What waits on the other channel is of the asking itself; more is left for the next cell to skip.
MOST_SKIPPED = 200
LAUNCHER = ["-m", "ipykernel_launcher"]


@cache
def opening() -> str:
    """A line of Python that makes a kernel answer; it leaves no name."""
    source = Path(answering.__file__).read_text(encoding="utf-8")
    return f"exec({source!r}, {{'__name__': 'harness'}})"


def content(program: str, question: object) -> dict[str, Any]:
    """What a question is sent as. Raises ValueError or TypeError where it is no JSON."""
    asked = json.dumps(question, allow_nan=False)
    return {"program": program, "question": asked, "most": LARGEST_ANSWER}


async def reply(client: Any, sent: str, behind: str, seconds: float) -> dict[str, Any] | None:
    """The content of the reply to ``sent``; None where the kernel has none to give.

    ``behind`` is a question that was sent after it, and is answered in any case. Raises
    TimeoutError where neither is within ``seconds``.
    """
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        message = await asyncio.wait_for(client.shell_channel.get_msg(), max(0.0, left))
        parent = message["parent_header"].get("msg_id")
        if parent == sent and message["msg_type"] == "harness_reply":
            found = message["content"]
            return found if isinstance(found, dict) else None
        if parent == behind:
            return None


def believed(found: dict[str, Any] | None) -> object | None:
    """An answer as plain JSON; None for all that is none, or too long."""
    text = found.get("answer") if found else None
    if not isinstance(text, str) or len(text) > LARGEST_ANSWER:
        return None
    try:
        answer: object = json.loads(text, parse_constant=_refused)
        json.dumps(answer, ensure_ascii=False).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError):
        return None
    return answer


async def skip(client: Any) -> None:
    """Read what the kernel said of its own state meanwhile, so that it does not pile up."""
    channel = client.iopub_channel
    for _ in range(MOST_SKIPPED):
        if not await channel.socket.poll(0):
            return
        await channel.socket.recv_multipart(copy=False)


def interrupt(pid: int) -> None:
    """Interrupt the kernel below the sandbox's outermost process."""
    with contextlib.suppress(psutil.Error):
        outermost = psutil.Process(pid)
        family = [outermost, *outermost.children(recursive=True)]
        kernels = [one for one in family if _is_kernel(one)]
        if kernels:
            min(kernels, key=psutil.Process.create_time).send_signal(signal.SIGINT)


def _is_kernel(one: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return one.cmdline()[1:3] == LAUNCHER
    return False


def _refused(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
