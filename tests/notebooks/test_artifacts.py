"""A work folder is hostile ground."""

from __future__ import annotations

import os
from pathlib import Path

from harness.notebooks import artifacts


def statuses(folder: Path, *names: str) -> list[str]:
    return [artifact.status for artifact, _ in artifacts.collect(folder, names)]


def test_a_regular_file_is_collected_with_its_digest(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x")
    ((artifact, blob),) = artifacts.collect(tmp_path, ["a.csv"])
    assert (artifact.status, artifact.size, blob) == ("collected", 1, b"x")


def test_what_was_promised_and_is_not_there_is_missing(tmp_path: Path) -> None:
    assert statuses(tmp_path, "a.csv") == ["missing"]


def test_links_pipes_folders_and_giants_are_refused(tmp_path: Path) -> None:
    secret = tmp_path.parent / f"{tmp_path.name}-secret"
    secret.write_text("s")
    (tmp_path / "link").symlink_to(secret)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with (tmp_path / "giant").open("wb") as giant:
        giant.truncate(artifacts.LARGEST + 1)
    names = ("link", "pipe", "folder", "giant")
    assert statuses(tmp_path, *names) == ["refused"] * 4
    assert all(blob == b"" for _, blob in artifacts.collect(tmp_path, names))
