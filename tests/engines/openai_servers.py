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

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""
        self.open = self.most = 0  # requests now, and at most

    def next(self) -> Any:
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@contextmanager
def serving(*answers: Any) -> Iterator[Server]:
    server = Server(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            server.open += 1
            server.most = max(server.most, server.open)
            try:
                self.answer()
            except ConnectionError:
                pass  # whoever asked has gone, as tests that kill have it
            finally:
                server.open -= 1

        def answer(self) -> None:
            length = int(self.headers["content-length"])
            server.asked.append(json.loads(self.rfile.read(length)))
            server.headers.append(dict(self.headers))
            answer = server.next()
            if isinstance(answer, tuple):
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
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

        def log_message(self, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)
