"""A server that speaks chat completions, well or badly, on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def event(text: str | None = None, *, finish: str | None = None, model: str = "m") -> bytes:
    delta = {"content": text} if text is not None else {}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"model": model, "choices": [choice]}).encode() + b"\n\n"


COUNTS = {"prompt_tokens": 7, "completion_tokens": 2}
USAGE = f"data: {json.dumps({'model': 'm', 'choices': [], 'usage': COUNTS})}\n\n".encode()
GOOD = [event("Hel"), event("lo"), event(finish="stop"), USAGE, b"data: [DONE]\n\n"]


class Server:
    """Answers each request with the next thing of ``answers``; the last one again and again.

    An answer is a list of byte strings (a stream; a float in it is a pause, None cuts the line), or
    a status with headers and a body.
    """

    def __init__(self, answers: list[Any], models: list[str]) -> None:
        self.answers = answers
        self.models = models  # that it lists; with none, it has no list
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""
        self.open = self.most = 0  # requests now, and at most

    def next(self) -> Any:
        return self.answers[min(len(self.asked), len(self.answers)) - 1]

    def listed(self) -> tuple[int, dict[str, str], bytes]:
        models = [{"id": name} for name in self.models]
        return 200 if models else 404, {}, json.dumps({"data": models}).encode()


@contextmanager
def serving(*answers: Any, models: tuple[str, ...] = ()) -> Iterator[Server]:
    server = Server(list(answers), list(models))

    handler = type("Handler", (_Handler,), {"server_side": server})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    server_side: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server_side.open += 1
        self.server_side.most = max(self.server_side.most, self.server_side.open)
        try:
            self.answer()
        except ConnectionError:
            pass  # whoever asked has gone, as tests that kill have it
        finally:
            self.server_side.open -= 1

    def do_GET(self) -> None:
        self.send_whole(*self.server_side.listed())

    def answer(self) -> None:
        length = int(self.headers["content-length"])
        self.server_side.asked.append(json.loads(self.rfile.read(length)))
        self.server_side.headers.append(dict(self.headers))
        answer = self.server_side.next()
        if isinstance(answer, tuple):
            self.send_whole(*answer)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for piece in answer:
            if piece is None:
                self.connection.close()
                return
            if isinstance(piece, float):
                time.sleep(piece)
                continue
            self.wfile.write(piece)
            self.wfile.flush()
        self.close_connection = True

    def send_whole(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass
