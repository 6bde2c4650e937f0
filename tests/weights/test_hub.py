"""Pulling a file, against a hub on the loopback interface."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hub_server import COMMIT, TOKEN, Fault, Hub, serving

from harness.errors import (
    GatedRepositoryError,
    HarnessError,
    HubUnreachableError,
    ModelFileError,
    PullError,
    RepositoryMissingError,
)
from harness.weights import hub as pulling

REPO, FILE = "maker/model", "weights.gguf"
CHUNK = 10 * 1024 * 1024  # bytes; the library writes in pieces of this size
WEIGHTS = b"GGUF" + random.Random(0).randbytes(CHUNK * 2 + 12_345)
DIGEST = hashlib.sha256(WEIGHTS).hexdigest()
NOWHERE = "http://127.0.0.1:1"  # a port that only a privileged process could open


def settings(home: Path) -> dict[str, str]:
    """An environment in which the library asks nobody but the loopback interface."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("HF_", "HUGGING_FACE_")) and "PROXY" not in name.upper()
    }
    return {**kept, "HF_HOME": str(home), "HF_ENDPOINT": NOWHERE, "NO_PROXY": "*"}


@pytest.fixture(scope="module", autouse=True)
def _library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # Most of the library's settings are read once, when it is imported.
    wanted = settings(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(wanted):
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        from huggingface_hub import close_session

        close_session()
        yield
        close_session()


@pytest.fixture
def hub() -> Iterator[Hub]:
    before = threading.active_count()
    with serving(weights__gguf=WEIGHTS, config__json=b"{}") as server:
        yield server
    assert threading.active_count() == before


class Progress(list[tuple[int, int]]):
    """Notes each report; ``stop_at`` interrupts, as Ctrl-C would, once so many bytes are there."""

    def __init__(self, stop_at: float = float("inf")) -> None:
        super().__init__()
        self.stop_at = stop_at

    def __call__(self, done: int, total: int) -> None:
        self.append((done, total))
        if done >= self.stop_at:
            raise KeyboardInterrupt


def pull(hub: Hub, folder: Path, progress: Progress | None = None, **given: object) -> Path:
    asked = {"repo": REPO, "file": FILE, "revision": "main", "endpoint": hub.url, **given}
    # Not `or`: one that has noted nothing yet is an empty list.
    noted = Progress() if progress is None else progress
    return pulling.pull(**asked, folder=folder, on_progress=noted)


def partial(folder: Path) -> Path:
    return next(path for path in folder.iterdir() if path.name.endswith(".incomplete"))


def one_line(error: pytest.ExceptionInfo[HarnessError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


# --- looking up ---------------------------------------------------------------------------------


def test_look_up_downloads_nothing(hub: Hub) -> None:
    found = pulling.look_up(REPO, FILE, endpoint=hub.url + "/")
    assert found == pulling.HubFile(
        repo=REPO, file=FILE, revision=COMMIT, size=len(WEIGHTS), sha256=DIGEST
    )
    assert hub.downloads() == []


def test_a_plain_git_file_has_no_digest(hub: Hub) -> None:
    found = pulling.look_up(REPO, "config.json", endpoint=hub.url)
    assert (found.size, found.sha256) == (2, None)


def test_a_server_that_is_no_hub(hub: Hub) -> None:
    hub.on_head.append(Fault(status=200))
    with pytest.raises(HubUnreachableError, match="not as a hub does"):
        pulling.look_up(REPO, FILE, endpoint=hub.url)


# --- the way it should go -----------------------------------------------------------------------


def test_pull(hub: Hub, tmp_path: Path) -> None:
    progress = Progress()
    path = pull(hub, tmp_path / "new" / "folder", progress)
    assert path == tmp_path / "new" / "folder" / FILE
    assert path.read_bytes() == WEIGHTS
    assert [done for done, _ in progress] == [0, CHUNK, 2 * CHUNK, len(WEIGHTS)]
    assert {total for _, total in progress} == {len(WEIGHTS)}
    assert list(path.parent.iterdir()) == [path]
    assert [request.range for request in hub.downloads()] == [None]


def test_what_is_downloaded_is_the_commit_looked_up(hub: Hub, tmp_path: Path) -> None:
    pull(hub, tmp_path)
    asked = [request.path for request in hub.requests if "/resolve/" in request.path]
    assert asked == [f"/{REPO}/resolve/main/{FILE}", f"/{REPO}/resolve/{COMMIT}/{FILE}"]


def test_a_file_in_a_folder_of_the_repository(hub: Hub, tmp_path: Path) -> None:
    hub.files[REPO]["q4/small.gguf"] = b"GGUF"
    assert pull(hub, tmp_path, file="q4/small.gguf").read_bytes() == b"GGUF"
    assert (tmp_path / "small.gguf").is_file()


def test_a_file_already_there_is_not_asked_for(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"mine")
    assert pull(hub, tmp_path).read_bytes() == b"mine"
    assert hub.requests == []


# --- breaking off and going on ------------------------------------------------------------------


def test_a_cut_is_mended_within_the_call(hub: Hub, tmp_path: Path) -> None:
    hub.on_get.append(Fault(cut=CHUNK + 999))
    progress = Progress()
    assert pull(hub, tmp_path, progress).read_bytes() == WEIGHTS
    assert progress[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert [request.range for request in hub.downloads()] == [None, f"bytes={CHUNK}-"]


def test_a_download_that_broke_off_goes_on(hub: Hub, tmp_path: Path) -> None:
    hub.on_get.extend([Fault(cut=CHUNK + 999), Fault(status=503)])
    with pytest.raises(HubUnreachableError) as error:
        pull(hub, tmp_path)
    assert "10.5 MB of 21.0 MB" in one_line(error)
    assert "goes on from there" in one_line(error)
    assert not (tmp_path / FILE).exists()

    del hub.requests[:]
    progress = Progress()
    assert pull(hub, tmp_path, progress).read_bytes() == WEIGHTS
    assert [request.range for request in hub.downloads()] == [f"bytes={CHUNK}-"]
    assert progress[0] == (CHUNK, len(WEIGHTS))
    assert progress[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_hub_without_ranges_starts_anew(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        pull(hub, tmp_path, Progress(stop_at=2 * CHUNK))
    hub.on_get.append(Fault(no_ranges=True))
    assert pull(hub, tmp_path).read_bytes() == WEIGHTS


def test_an_interrupt_keeps_what_arrived(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        pull(hub, tmp_path, Progress(stop_at=2 * CHUNK))
    assert partial(tmp_path).read_bytes() == WEIGHTS[:CHUNK]
    assert pull(hub, tmp_path).read_bytes() == WEIGHTS
    assert hub.downloads()[-1].range == f"bytes={CHUNK}-"


def test_a_whole_partial_file_is_only_verified(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        pull(hub, tmp_path, Progress(stop_at=1))
    partial(tmp_path).write_bytes(WEIGHTS)
    del hub.requests[:]
    assert pull(hub, tmp_path, free=lambda _: 0).read_bytes() == WEIGHTS
    assert hub.downloads() == []


def test_what_is_left_of_another_revision_is_not_continued(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        pull(hub, tmp_path, Progress(stop_at=2 * CHUNK))
    hub.files[REPO][FILE] = WEIGHTS[::-1]
    assert pull(hub, tmp_path).read_bytes() == WEIGHTS[::-1]
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_corrupted_bytes_are_deleted(hub: Hub, tmp_path: Path) -> None:
    hub.on_get.append(Fault(corrupt=True))
    with pytest.raises(ModelFileError) as error:
        pull(hub, tmp_path)
    bad = hashlib.sha256(b"F" + WEIGHTS[1:]).hexdigest()
    assert bad[:12] in one_line(error)
    assert DIGEST[:12] in one_line(error)
    assert "harness models pull" in one_line(error)
    assert not [path for path in tmp_path.iterdir() if path.stat().st_size]

    assert pull(hub, tmp_path).read_bytes() == WEIGHTS
    assert hub.downloads()[-1].range is None


def test_two_pulls_of_one_file(hub: Hub, tmp_path: Path) -> None:
    with FileLock(tmp_path / f".{FILE}.lock"), pytest.raises(PullError, match="another process"):
        pull(hub, tmp_path)
    assert hub.downloads() == []


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "hf_somebody_else"])
def test_gated(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    hub.gated.add(REPO)
    with pytest.raises(GatedRepositoryError) as error:
        pull(hub, tmp_path)
    assert f"{hub.url}/{REPO}" in one_line(error)
    assert "HF_TOKEN" in one_line(error)


def test_a_token_opens_a_gate_and_stays_on_the_hub(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.gated.add(REPO)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert pull(hub, tmp_path).read_bytes() == WEIGHTS
    assert [request.token for request in hub.downloads()] == [None]


@pytest.mark.parametrize("status", [401, 403])
def test_access_refused_without_a_gate(hub: Hub, tmp_path: Path, status: int) -> None:
    hub.on_head.append(Fault(status=status))
    with pytest.raises(GatedRepositoryError, match=f"HTTP {status}. Check HF_TOKEN"):
        pull(hub, tmp_path)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"repo": "maker/other"}, "no repository maker/other"),
        ({"revision": "v9"}, "no revision 'v9'"),
        ({"file": "other.gguf"}, "no file 'other.gguf'"),
    ],
)
def test_missing(hub: Hub, tmp_path: Path, asked: dict[str, str], named: str) -> None:
    with pytest.raises(RepositoryMissingError) as error:
        pull(hub, tmp_path, **asked)
    assert named in one_line(error)
    assert list(tmp_path.iterdir()) == []


def test_nothing_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound but not listening: refuses
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(HubUnreachableError) as error:
            pulling.look_up(REPO, FILE, endpoint=url)
    assert url in one_line(error)
    assert "harness models add PATH" in one_line(error)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_out_of_order(hub: Hub, tmp_path: Path, status: int) -> None:
    hub.on_head.append(Fault(status=status))
    with pytest.raises(HubUnreachableError, match=f"HTTP {status}"):
        pull(hub, tmp_path)


def test_too_little_disk(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(PullError) as error:
        pull(hub, tmp_path, free=lambda _: 270_000_000)
    assert "0.28 GB needed, 0.27 GB free" in one_line(error)
    assert str(tmp_path) in one_line(error)
    assert hub.downloads() == []


def test_what_is_already_there_needs_no_room(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        pull(hub, tmp_path, Progress(stop_at=2 * CHUNK))
    assert pull(hub, tmp_path, free=lambda _: 270_000_000).read_bytes() == WEIGHTS


def test_a_folder_that_cannot_be_made(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PullError, match="cannot write to"):
        pull(hub, tmp_path / "file" / "folder")


@pytest.mark.parametrize(
    "asked",
    [
        {"file": "../weights.gguf"},
        {"file": "a/../../weights.gguf"},
        {"file": "/etc/passwd"},
        {"file": "a//b"},
        {"file": ".."},
        {"file": ""},
        {"file": "folder/"},
        {"file": "..\\weights.gguf"},
        {"file": "C:weights.gguf"},
        {"file": "weights\n.gguf"},
        {"repo": "../model"},
        {"repo": "/etc"},
        {"repo": "maker/model/../other"},
        {"repo": ""},
        {"revision": ".."},
        {"revision": ""},
    ],
)
def test_names_that_lead_elsewhere(hub: Hub, tmp_path: Path, asked: dict[str, str]) -> None:
    with pytest.raises(RepositoryMissingError, match="cannot be") as error:
        pull(hub, tmp_path, **asked)
    one_line(error)
    assert hub.requests == []
    assert list(tmp_path.iterdir()) == []


# --- the library's own settings, which it reads when it is imported ------------------------------

CHILD = """
import sys
from pathlib import Path
from harness.weights import hub
from harness.errors import HarnessError
try:
    print(hub.pull("maker/model", "weights.gguf", "main", Path(sys.argv[1]), lambda *_: None))
except HarnessError as error:
    print(type(error).__name__, error)
"""


def child(hub: Hub, folder: Path, **given: str) -> str:
    """What a fresh process prints for a pull that gives no endpoint."""
    environment = {**settings(folder / "home"), "HF_ENDPOINT": hub.url, **given}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD, folder / "models"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_endpoint_from_the_environment_and_a_quiet_terminal(hub: Hub, tmp_path: Path) -> None:
    hub.on_get.append(Fault(cut=CHUNK + 999))
    path = tmp_path / "models" / FILE
    assert child(hub, tmp_path) == str(path)
    assert path.read_bytes() == WEIGHTS


def test_offline_by_setting(hub: Hub, tmp_path: Path) -> None:
    said = child(hub, tmp_path, HF_HUB_OFFLINE="1")
    assert said.startswith("HubUnreachableError HF_HUB_OFFLINE is set")
    assert hub.requests == []


def test_a_hub_that_hangs(hub: Hub, tmp_path: Path) -> None:
    hub.on_head.append(Fault(hang=True))
    said = child(hub, tmp_path, HF_HUB_ETAG_TIMEOUT="1")
    assert said.startswith(f"HubUnreachableError no answer from {hub.url}")
