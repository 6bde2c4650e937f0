"""The two channels of a kernel that are read, and how little of them becomes memory.

What a kernel sends beside its outputs and replies (widgets' data, questions to a person, unknown
messages) is thrown away before its content is looked at, and what is larger than a cell may show
is never parsed: a list of empty lists takes twenty times its length.
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.session import DELIM, Session
from traitlets import Type, Unicode

from harness.executors import outputs

LARGEST_HEADER = 1 << 16  # bytes, of a message's header, parent header and metadata each
LARGEST_CONTENT = 4 << 20  # bytes, until a session says what a cell may show
LONGEST_ESCAPE = 12  # characters, of the two halves of a surrogate pair: \ud83d\ude00
ROUTING_PARTS = 2  # before the delimiter, at most
SIGNED_PARTS = 5  # signature, header, parent header, metadata, content
STREAM = re.compile(rb'\s*\{\s*"name"\s*:\s*"(stdout|stderr)"\s*,\s*"text"\s*:\s*(?=")')
NO_REPLY = "the kernel gave no reply to the cell"
# What takes the place of a message that was not read: it belongs to no request.
NOTHING = {"header": {}, "msg_id": "", "msg_type": "unread", "parent_header": {}, "content": {}}


class Channel(AsyncZMQSocketChannel):
    """Reads only messages of the types in ``wanted``, and adds to each its content's ``size``.

    Content of more than ``largest`` bytes is left empty; of a stream, the beginning is kept.
    """

    wanted: ClassVar[frozenset[str]] = frozenset()
    largest: int = LARGEST_CONTENT
    question: str = ""
    asked: str = ""

    def ask_after(self, asked: str, question: str) -> None:
        """``question`` was sent behind ``asked``: the end of the one is the end of the other."""
        self.asked, self.question = asked, question

    async def _recv(self, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        if self.socket is None:
            raise RuntimeError("the channel is closed")
        frames = await self.socket.recv_multipart(copy=False)
        message = read(self.session, frames, self.wanted, self.largest) or dict(NOTHING)
        if self.question and message["parent_header"].get("msg_id") == self.question:
            return self.ended(message)
        return message

    def ended(self, message: dict[str, Any]) -> dict[str, Any]:
        """What an answer to ``question`` says of ``asked``."""
        return message


class OutputChannel(Channel):
    """A kernel's iopub channel."""

    wanted = frozenset(
        {
            "status",
            "stream",
            "display_data",
            "update_display_data",
            "execute_result",
            "error",
            "clear_output",
        }
    )

    def ended(self, message: dict[str, Any]) -> dict[str, Any]:
        """No more outputs once the kernel is idle again."""
        idle = message["content"].get("execution_state") == "idle"
        return {**message, "parent_header": {"msg_id": self.asked}} if idle else message


class ReplyChannel(Channel):
    """A kernel's shell channel. Replies to cells come as ``outputs.reply_of`` understands them."""

    wanted = frozenset({"execute_reply", "kernel_info_reply", "harness_reply"})

    async def _recv(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        message = await super()._recv(**kwargs)
        if message["msg_type"] == "execute_reply":
            reply = outputs.reply_of(message["content"])
            message["content"] = {"status": "ok" if reply.ok else "error", "reply": reply}
        return message

    def ended(self, message: dict[str, Any]) -> dict[str, Any]:
        """No reply to the cell any more, if there was none so far."""
        content = {"status": "error", "ename": "KernelError", "evalue": NO_REPLY}
        parent = {"msg_id": self.asked}
        answer = {"msg_type": "execute_reply", "parent_header": parent, "content": content}
        return message | answer


class Client(AsyncKernelClient):
    """Connects to the two channels that are read, and to no other.

    The kernel's death is seen by its process, and nothing is ever asked for on standard input;
    what a cell sends on a channel without a reader would pile up here.
    """

    shell_channel_class = Type(ReplyChannel)
    iopub_channel_class = Type(OutputChannel)

    def start_channels(self, *_: Any, **__: Any) -> None:
        """Connect the two."""
        super().start_channels(stdin=False, hb=False, control=False)

    def stop_channels(self) -> None:
        """Close the two."""
        for channel in (self._shell_channel, self._iopub_channel):
            if channel is not None:
                channel.close()

    def execute(self, *args: Any, **kwargs: Any) -> str:
        """Send a cell, and a question behind it that the kernel answers in its turn.

        A kernel gives a cell neither reply nor end where it stumbles over what the cell left it,
        such as an exception that cannot be made into text. The answer tells that none will come.
        """
        asked: str = super().execute(*args, **kwargs)
        question = self.kernel_info()
        for channel in (self.shell_channel, self.iopub_channel):
            channel.ask_after(asked, question)
        return asked


class Manager(AsyncKernelManager):
    """Starts a kernel whose client is reached at ``relayed``, not at the kernel's own sockets."""

    client_factory = Type(Client)
    relayed = Unicode()

    def client(self, **kwargs: Any) -> AsyncKernelClient:  # type: ignore[override]
        """A client of what passes the kernel's bytes on."""
        return super().client(ip=self.relayed or self.ip, context=self.context, **kwargs)

    def _connect_control_socket(self) -> None:
        """Nothing: the kernel is ended by a signal, and who does not listen keeps nothing."""


def read(
    session: Session, frames: list[Any], wanted: frozenset[str], largest: int
) -> dict[str, Any] | None:
    """A message made of zmq frames; None where it is none, or of no wanted type.

    Raises ValueError, TypeError, KeyError or RecursionError where its parts are not what they
    should be.
    """
    parts = _signed(frames)
    if parts is None:
        return None
    header = session.unpack(parts[1].bytes)
    if not isinstance(header, dict) or header.get("msg_type") not in wanted:
        return None
    message = session.deserialize([part.bytes for part in parts], content=False)
    if not isinstance(message["parent_header"], dict):
        return None
    raw = message["content"]
    message["size"] = len(raw)
    message["content"] = session.unpack(raw) if len(raw) <= largest else _beginning(raw, largest)
    return message


def _signed(frames: list[Any]) -> list[Any] | None:
    for index, frame in enumerate(frames[: ROUTING_PARTS + 1]):
        if len(frame) == len(DELIM) and frame.bytes == DELIM:
            parts = frames[index + 1 : index + 1 + SIGNED_PARTS]
            fits = len(parts) == SIGNED_PARTS and all(len(p) <= LARGEST_HEADER for p in parts[:4])
            return parts if fits else None
    return None


def _beginning(raw: bytes, largest: int) -> dict[str, str]:
    """The content of a stream, cut to ``largest`` bytes; nothing of any other."""
    match = STREAM.match(raw)
    if match is None:
        return {}
    text = raw[match.end() : match.end() + largest].decode(errors="ignore")
    for end in range(len(text), max(0, len(text) - LONGEST_ESCAPE), -1):
        try:
            found, _ = json.JSONDecoder(strict=False).raw_decode(text[:end] + '"')
        except ValueError:
            continue  # it was cut within an escape
        return {"name": match[1].decode(), "text": found}
    return {}
