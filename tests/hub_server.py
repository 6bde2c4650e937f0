"""A Hugging Face hub on the loopback interface, with the faults of a real one on demand.

Speaks the part of the protocol that a download uses: ``/<repo>/resolve/<revision>/<file>`` and
``/api/models/<repo>/revision/<revision>``. Files above a kilobyte are stored as the hub stores
weights: answered with a redirect to a content store on another host, and a sha256 for an ETag.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REVISIONS = ("main", COMMIT)
TOKEN = "hf_reader"  # may read gated repositories
LARGEST_GIT_FILE = 1024  # bytes
RESOLVE = re.compile(r"^/([^/]+/[^/]+)/resolve/([^/]+)/(.+)$")
REVISION = re.compile(r"^/api/models/([^/]+/[^/]+)/revision/([^/]+)$")
STORE = re.compile(r"^/store/([0-9a-f]{64})$")


@lru_cache(maxsize=8)
def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer. The default: nothing."""

    status: int | None = None  # this, and nothing else
    cut: int | None = None  # bytes of the body, then the connection ends
    corrupt: bool = False  # the first byte of the body is another
    hang: bool = False  # no answer until the server stops
    no_ranges: bool = False  # the whole file, whatever range was asked for


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    host: str
    range: str | None
    token: str | None


@dataclass
class Hub:
    """What the server has, what it will do wrong, and what it was asked."""

    # repository -> file -> bytes
    files: dict[str, dict[str, bytes]] = field(default_factory=dict, repr=False)
    gated: set[str] = field(default_factory=set)
    on_head: deque[Fault] = field(default_factory=deque)  # one per HEAD of a file
    on_get: deque[Fault] = field(default_factory=deque)  # one per GET of a file's bytes
    requests: list[Request] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    store: str = ""  # the same server under another host name

    def blob(self, sha256: str) -> bytes | None:
        for files in self.files.values():
            for content in files.values():
                if digest(content) == sha256:
                    return content
        return None

    def downloads(self) -> list[Request]:
        """The requests for a large file's bytes."""
        return [r for r in self.requests if r.method == "GET" and STORE.match(r.path)]


@contextmanager
def serving(**files: bytes) -> Iterator[Hub]:
    """A hub with one repository, ``maker/model``, on a free port; no thread outlives the block."""
    hub = Hub({"maker/model": {name.replace("__", "."): body for name, body in files.items()}})
    handler = type("Handler", (_Handler,), {"hub": hub})
    # Requests are answered by threads that closing the server waits for.
    server = type("Server", (ThreadingHTTPServer,), {"daemon_threads": False})(
        ("127.0.0.1", 0), handler
    )
    port = server.server_address[1]
    hub.url, hub.store = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.0: one request per connection, so that none stays open behind a test."""

    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(self.path)
        self.hub.requests.append(
            Request(
                self.command,
                path,
                self.headers["Host"],
                self.headers["Range"],
                (self.headers["Authorization"] or "").removeprefix("Bearer ") or None,
            )
        )
        with suppress(ConnectionError):  # a client that hung up
            if found := STORE.match(path):
                self._bytes(self.hub.blob(found[1]))
            elif found := RESOLVE.match(path):
                self._resolve(*found.groups())
            elif found := REVISION.match(path):
                self._revision(*found.groups())
            else:
                self._refuse(404)

    def _revision(self, repo: str, revision: str) -> None:
        if self._allowed(repo, revision):
            names = [{"rfilename": name} for name in self.hub.files[repo]]
            body = json.dumps({"id": repo, "sha": COMMIT, "siblings": names}).encode()
            self._send(200, {"Content-Type": "application/json"}, body)

    def _resolve(self, repo: str, revision: str, name: str) -> None:
        if self.command == "HEAD" and self._failed(self._next(self.hub.on_head)):
            return
        if not self._allowed(repo, revision):
            return
        content = self.hub.files[repo].get(name)
        if content is None:
            self._refuse(404, "EntryNotFound", "Entry not found")
        elif len(content) <= LARGEST_GIT_FILE:
            etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            self._send(200, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}, content)
        else:
            sha256 = digest(content)
            headers = {
                "Location": f"{self.hub.store}/store/{sha256}",
                "X-Repo-Commit": COMMIT,
                "X-Linked-ETag": f'"{sha256}"',
                "X-Linked-Size": str(len(content)),
                "X-Xet-Hash": sha256,
                "Accept-Ranges": "bytes",
            }
            self._send(302, headers, b"")

    def _allowed(self, repo: str, revision: str) -> bool:
        token = self.hub.requests[-1].token
        if repo not in self.hub.files:
            # The hub does not tell strangers whether a repository is private or absent.
            self._refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        elif repo in self.hub.gated and token != TOKEN:
            self._refuse(403 if token else 401, "GatedRepo", f"Access to {repo} is restricted")
        elif revision not in REVISIONS:
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            return True
        return False

    def _bytes(self, content: bytes | None) -> None:
        fault = self._next(self.hub.on_get)
        if self._failed(fault):
            return
        if content is None:
            self._refuse(404)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        first = int(wanted[1]) if wanted and not fault.no_ranges else 0
        headers = {"ETag": f'"{digest(content)}"', "Accept-Ranges": "bytes"}
        total = len(content)
        if first >= total:
            self._send(416, {"Content-Range": f"bytes */{total}"}, b"")
            return
        body = content[first:]
        if fault.corrupt:
            body = bytes([body[0] ^ 1]) + body[1:]
        status = 206 if wanted and not fault.no_ranges else 200
        if status == 206:
            headers["Content-Range"] = f"bytes {first}-{total - 1}/{total}"
        self._send(status, headers, body, cut=fault.cut)

    def _next(self, faults: deque[Fault]) -> Fault:
        return faults.popleft() if faults else Fault()

    def _failed(self, fault: Fault) -> bool:
        if fault.hang:
            self.hub.stopping.wait()
        elif fault.status:
            self._refuse(fault.status)
        return fault.hang or fault.status is not None

    def _refuse(self, status: int, code: str = "", message: str = "") -> None:
        named = {"X-Error-Code": code, "X-Error-Message": message} if code else {}
        self._send(status, named, json.dumps({"error": message}).encode())

    def _send(
        self, status: int, headers: dict[str, str], body: bytes, cut: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:cut])
