"""An executor that runs cells in this process, for tests of what happens around a kernel."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.executors.sandbox import NONE
from harness.records import CellOutcome, CellStatus, Limits, Workspace


class PythonExecutor:
    """``started`` counts its sessions, and ``open`` those that are not closed."""

    sandbox = NONE

    def __init__(self) -> None:
        self.started = self.open = self.most = 0

    def start(self, workspace: Workspace, limits: Limits) -> PythonSession:
        self.started, self.open = self.started + 1, self.open + 1
        self.most = max(self.most, self.open)
        return PythonSession(workspace.folder, self)

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        pass

    def close(self) -> None:
        pass


class PythonSession:
    def __init__(self, folder: Path, owner: PythonExecutor) -> None:
        self._folder, self._owner = folder, owner
        self._names: dict[str, Any] = {}
        self._is_open = True

    def run(self, source: str) -> CellOutcome:
        said = io.StringIO()
        with contextlib.chdir(self._folder), contextlib.redirect_stdout(said):
            try:
                exec(compile(source, "cell", "exec"), self._names)
            except Exception as error:
                name, text = type(error).__name__, str(error)
                return CellOutcome(status=CellStatus.ERROR, error=name, message=text)
        outputs = ({"output_type": "stream", "name": "stdout", "text": said.getvalue()},)
        return CellOutcome(status=CellStatus.OK, outputs=outputs)

    def updated(self) -> Mapping[int, tuple[dict[str, Any], ...]]:
        return {}

    def ask(self, program: str, question: object, seconds: float) -> object | None:
        names = {"USER": self._names}
        with contextlib.chdir(self._folder), contextlib.suppress(Exception):
            exec(program, names)
            answer: Any = names["answer"]
            return json.loads(json.dumps(answer(question)))
        return None

    def close(self) -> None:
        self._owner.open -= self._is_open
        self._is_open = False
