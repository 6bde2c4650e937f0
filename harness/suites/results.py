"""What a model answered, and how that was judged: lines of JSON, appended one by one.

``generated/<model>/suites/<suite>/<id>/`` holds ``suite.json``, what was asked of whom;
``replies.jsonl`` and ``verdicts.jsonl``, a line for each problem and seed. A line is there whole or
not at all, so a command that was killed goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import filelock
from pydantic import Field, ValidationError

from harness import files, machine, steering
from harness.errors import RunLockedError, StoreError, UnknownNameError
from harness.records import Help, ModelIdentity, Record, Sampling, Sha256
from harness.runs.store import FOLDER
from harness.suites.formats import finder
from harness.suites.problems import ProblemId, Style, Suite, Verdict
from harness.suites.versions import Version

SUITES, ABOUT = "suites", "suite.json"
REPLIES, VERDICTS = "replies.jsonl", "verdicts.jsonl"
MOST_BYTES = 1 << 30
ID_LENGTH = 12

R = TypeVar("R", bound=Record)


class Asked(Record):
    """``suite.json``: what determines the replies, and where they were judged."""

    id: str
    suite: str
    format: str
    suite_sha256: Sha256
    style: Style
    model: ModelIdentity
    sampling: Sampling
    help: Help = Help()
    created: str
    packages: dict[str, str] = Field(default_factory=dict)  # what answers could import


class ReplyLine(Record):
    """A model's reply to a problem, to the byte."""

    problem: ProblemId
    library: str
    seed: int
    reply: str
    finish: str  # ``stop``, ``length``, or ``too long``: the prompt did not fit the context
    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0  # its own part, where others were written beside it
    helped: dict[str, float] = Field(default_factory=dict, exclude_if=lambda helped: not helped)
    notes: tuple[str, ...] = Field((), exclude_if=lambda notes: not notes)
    # All that were written, where there were several; the reply is the first of them.
    versions: tuple[Version, ...] = Field((), exclude_if=lambda versions: not versions)

    @property
    def key(self) -> tuple[ProblemId, int]:
        """What tells it from the others of a run."""
        return self.problem, self.seed


class VerdictLine(Record):
    """The verdict over the code of a reply."""

    problem: ProblemId
    seed: int
    judging: str  # the version of how verdicts are reached
    code_sha256: Sha256
    verdict: Verdict

    @property
    def key(self) -> tuple[ProblemId, int]:
        """The reply's."""
        return self.problem, self.seed


def asked(
    suite: Suite, style: Style, model: ModelIdentity, sampling: Sampling, help_: Help
) -> Asked:
    """What is asked of a model; the id is a digest of all that determines its replies."""
    determines = {
        "weights": model.sha256,
        "chat": [model.chat_template_sha256, model.chat_format],
        "n_ctx": model.n_ctx,
        "cache": [model.cache_type, model.flash_attention],
        "suite": suite.sha256,
        "style": style,
        "question": finder.question_source(suite.format) if style == "chat" else None,
        "sampling": sampling.model_dump(),
    }
    if help_.given:
        determines["help"] = {**help_.model_dump(), "revision": steering.REVISION}
    digest = hashlib.sha256(json.dumps(determines, sort_keys=True).encode()).hexdigest()
    return Asked(
        id=digest[:ID_LENGTH],
        suite=suite.name,
        format=suite.format,
        suite_sha256=suite.sha256,
        style=style,
        model=model,
        sampling=sampling,
        help=help_,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        packages=machine.workflow_packages(),
    )


class Results:
    """The folder of one run of a suite. Not for use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def about(self) -> Asked:
        """What was asked. Raises StoreError."""
        path = self.folder / ABOUT
        try:
            return Asked.model_validate_json(files.read(path, MOST_BYTES))
        except OSError as error:
            raise StoreError(f"{path} cannot be read ({error.strerror})") from error
        except ValidationError as error:
            first = error.errors(include_input=False)[0]["msg"]
            hint = f"Delete {self.folder} and run again"
            raise StoreError(f"{path} is not as it should be ({first})", hint) from None

    def begin(self, about: Asked) -> None:
        """Write down what is asked, where that was not done before."""
        if not (self.folder / ABOUT).exists():
            text = files.to_json(about.model_dump(mode="json")) + "\n"
            files.write_atomic(self.folder / ABOUT, text.encode())

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process. Raises RunLockedError where another holds it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.folder / ".lock", timeout=0)
            lock.acquire()
        except filelock.Timeout:
            said = f"another process is working on suite run {self.folder.name}"
            raise RunLockedError(said, "Wait for it") from None
        except OSError as error:
            said = f"{self.folder} cannot be written ({error.strerror})"
            raise StoreError(said, "Make it writable, or use another --project") from error
        try:
            yield
        finally:
            lock.release()

    def replies(self) -> dict[tuple[ProblemId, int], ReplyLine]:
        """The replies there are, by problem and seed; of two, the later one."""
        return {one.key: one for one in _lines(self.folder / REPLIES, ReplyLine)}

    def verdicts(self) -> dict[tuple[ProblemId, int], VerdictLine]:
        """The verdicts there are, by problem and seed; of two, the later one."""
        return {one.key: one for one in _lines(self.folder / VERDICTS, VerdictLine)}

    def add(self, line: ReplyLine | VerdictLine) -> None:
        """Keep one more. Raises StoreError where it cannot be written."""
        name = REPLIES if isinstance(line, ReplyLine) else VERDICTS
        text = files.to_json(line.model_dump(mode="json"), indent=None)
        _append(self.folder / name, text.encode() + b"\n")


def place(project: Path, about: Asked) -> Results:
    """Where the results of a run are, there or not."""
    return Results(project / FOLDER / about.model.name / SUITES / about.suite / about.id)


def stored(project: Path) -> list[Results]:
    """All runs of suites there are, those begun last first."""
    found = [Results(path.parent) for path in (project / FOLDER).glob(f"*/{SUITES}/*/*/{ABOUT}")]
    return sorted(found, key=lambda one: (one.about().created, one.folder.name), reverse=True)


def find(project: Path, prefix: str) -> Results:
    """The one run whose id begins so. Raises UnknownNameError, or StoreError if several do."""
    known = {one.folder.name: one for one in stored(project)}
    matching = [one for name, one in known.items() if prefix and name.startswith(prefix)]
    if not matching:
        raise UnknownNameError("suite run", prefix, known, "List them: harness suite show")
    if len(matching) > 1:
        raise StoreError(f"{len(matching)} suite runs begin with '{prefix}'", "Give more of the id")
    return matching[0]


def _lines(path: Path, kind: type[R]) -> list[R]:
    """The records of a file. What follows the last line's end was never whole, and is no line."""
    try:
        blob = files.read(path, MOST_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror})") from error
    found = []
    for number, line in enumerate(blob.split(b"\n")[:-1], 1):
        try:
            found.append(kind.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]["msg"]
            hint = "Delete that line and run again"
            raise StoreError(
                f"{path}, line {number}, is not as it should be ({first})", hint
            ) from None
    return found


def _append(path: Path, line: bytes) -> None:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            end = _end_of_lines(handle)
            os.ftruncate(handle, end)  # a line that was cut by a power failure or a full disk
            os.lseek(handle, end, os.SEEK_SET)
            written = os.write(handle, line)
            if written < len(line):
                os.ftruncate(handle, end)
                raise OSError(28, "No space left on device")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        hint = "Free some space and run the same command again; it goes on from here"
        raise StoreError(f"{path} could not be written ({error.strerror})", hint) from error


def _end_of_lines(handle: int) -> int:
    """Where the last whole line of a file ends."""
    end = os.lseek(handle, 0, os.SEEK_END)
    step = 1 << 16
    while end > 0:
        first = max(0, end - step)
        at = os.pread(handle, end - first, first).rfind(b"\n")
        if at >= 0:
            return first + at + 1
        end = first
    return 0
