"""A headless Chromium, driven through a pipe: it opens pages from the disk, clicks and looks.

It speaks the DevTools protocol over two file descriptors (``--remote-debugging-pipe``), so it needs
no other package and no port. On Debian the browser is the package ``chromium``.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 60  # that an answer may take
FLAGS = (
    "--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--disable-extensions", "--remote-debugging-pipe",
)  # fmt: skip


def found() -> str | None:
    """The browser of this machine; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


# The browser reads from descriptor 3 and writes to 4, whichever the pipes have here.
PIPES = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3]]
for pipe, place in zip(pipes, (3, 4)):
    os.dup2(pipe, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One tab. ``problems`` collects what the console told: refusals by a policy, errors."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        path = found()
        if path is None:
            raise FileNotFoundError("no Chromium; on Debian: apt-get install chromium")
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        command = [path, *FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", PIPES, str(to_read), str(to_write), *command],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer, self._count, self._events = b"", 0, list[dict[str, Any]]()
        self._session: str | None = None
        self.problems: list[str] = []
        try:
            self._attach()
            self.look_as(width, height)
        except BaseException:
            self.__exit__()
            raise

    def _attach(self) -> None:
        targets = self._ask("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        given = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = given["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._ask(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, TimeoutError, EOFError):
            self._session = None
            self._ask("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        os.close(self._write)
        self._folder.cleanup()

    def look_as(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """From now on a window of this size, and a person who likes it dark, or light."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])

    def without_script(self) -> None:
        """From now on pages run no script."""
        self._ask("Emulation.setScriptExecutionDisabled", value=True)

    def open(self, page: Path, fragment: str = "") -> float:
        """Opens a file, and waits until it is loaded; returns the seconds that this took."""
        started = time.perf_counter()
        self._events.clear()
        self._ask("Page.navigate", url="about:blank")
        self._await("Page.loadEventFired")
        started = time.perf_counter()
        self._ask("Page.navigate", url=f"{page.resolve().as_uri()}{fragment}")
        self._await("Page.loadEventFired")
        return time.perf_counter() - started

    def tell(self, expression: str) -> Any:
        """What an expression of JavaScript is worth in the page, as JSON's types."""
        made = self._ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in made:
            raise ValueError(json.dumps(made["exceptionDetails"])[:500])
        return made["result"].get("value")

    def click(self, selector: str) -> None:
        """A click on the first element of a selector that is seen, and what it leads to."""
        every = f"[...document.querySelectorAll({json.dumps(selector)})]"
        found = f"{every}.find((one) => one.offsetParent)"
        before = self.tell("location.href.split('#')[0]")
        self.tell(f"{found}.click()")
        for _ in range(200):
            with contextlib.suppress(ValueError):  # between two pages there is none
                if self.tell("document.readyState") == "complete" and (
                    self.tell("location.href.split('#')[0]") != before
                    or self.tell("location.hash") != ""
                ):
                    return
            time.sleep(0.02)
        raise TimeoutError(f"{selector} leads nowhere")

    def press(self, key: str) -> None:
        """A key goes down and up: ``Tab``, ``Enter``."""
        codes = {"Tab": 9, "Enter": 13, "Space": 32}
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self._ask(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=codes[key],
                **text,
            )

    def picture(self, *, most: int = 6000) -> bytes:
        """The whole page as PNG, its first so many pixels from above."""
        size = self._ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], most)}
        made = self._ask(
            "Page.captureScreenshot", captureBeyondViewport=True, clip={**clip, "scale": 1}
        )
        return base64.b64decode(made["data"])

    def as_on_paper(self) -> None:
        """From now on pages look as they print."""
        self._ask("Emulation.setEmulatedMedia", media="print")

    def printed(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self._ask("Page.printToPDF")["data"])

    def _ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        number = self._count
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == number:
                if "error" in told:
                    raise ValueError(f"{method}: {told['error'].get('message')}")
                return told["result"]
            self._hear(told)

    def _await(self, event: str) -> None:
        while not any(one.get("method") == event for one in self._events):
            self._hear(self._next())
        self._events = [one for one in self._events if one.get("method") != event]

    def _hear(self, told: dict[str, Any]) -> None:
        method, params = told.get("method"), told.get("params", {})
        if method == "Log.entryAdded":
            self.problems.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(params["exceptionDetails"])[:500])
        else:
            self._events.append(told)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser did not answer")
            blob = os.read(self._read, 1 << 20)
            if not blob:
                raise EOFError("the browser went away")
            self._buffer += blob
        first, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(first)  # type: ignore[no-any-return]
