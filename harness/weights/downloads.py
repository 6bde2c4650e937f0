"""All files of one model, pulled from one commit of a repository on the hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import PullError
from harness.files import OnBytes
from harness.records import ModelSpec
from harness.weights import cache, hub, splits
from harness.weights.hub import HubFile

MOST_NAMED = 4  # models, in a message


def fetch(spec: ModelSpec, on_bytes: OnBytes, *, endpoint: str | None = None) -> Path:
    """Pull what ``hf`` and ``file`` of an entry name into the cache; of several files, the first.

    What is there already stays, if it is what the hub has. ``endpoint``: see ``hub.look_up``.
    Raises PullError and ModelFileError.
    """
    repo, file, revision = spec.hf or "", spec.file or "", spec.revision
    if cache.is_pattern(file):
        revision, file = _only(repo, file, revision, endpoint)
    folder = (cache.repository(spec) / file).parent
    names = splits.names(file)
    if len(names) == 1:
        return hub.pull(repo, file, revision, folder, on_bytes, endpoint=endpoint)
    # One commit for all: another could be pushed while they arrive.
    found = [hub.look_up(repo, names[0], revision, endpoint=endpoint)]
    for name in names[1:]:
        found.append(hub.look_up(repo, name, found[0].revision, endpoint=endpoint))
    _check_room(found, folder)
    total, done = sum(one.size for one in found), 0
    for one in found:
        _discard_other(one, folder / Path(one.file).name)

        def report(arrived: int, _: int, before: int = done) -> None:
            on_bytes(before + arrived, total)

        hub.pull(repo, one.file, one.revision, folder, report, endpoint=endpoint)
        done += one.size
    return folder / Path(names[0]).name


def _only(repo: str, pattern: str, revision: str, endpoint: str | None) -> tuple[str, str]:
    """The commit, and the one model of it that the pattern fits, by its first file."""
    commit, names = hub.listing(repo, revision, endpoint=endpoint)
    found = {splits.names(name)[0] for name in cache.matching(pattern, names)}
    models = sorted(name for name in found if name.endswith(".gguf"))
    if len(models) == 1:
        return commit, models[0]
    offered = models or sorted({splits.names(one)[0] for one in names if one.endswith(".gguf")})
    some = ", ".join(offered[:MOST_NAMED]) + (", …" if len(offered) > MOST_NAMED else "")
    which = f"fits {len(models)} models" if models else "fits no GGUF file"
    raise PullError(
        f"the pattern '{pattern}' {which} of {repo}" + (f": {some}" if models else ""),
        "Name one of them as file in models.toml" if models else f"It has: {some or 'none'}",
    )


def _check_room(found: Sequence[HubFile], folder: Path) -> None:
    """Raise PullError, before anything arrives, where not all of it would fit."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    total = sum(one.size for one in found)
    needed = total - sum(one.stat().st_size for one in _arrived(found, folder))
    free = hub.free_bytes(there)
    if needed > free:
        raise PullError(
            f"too little disk for the {len(found)} parts of {found[0].file}: "
            f"{needed / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free in {there}",
            "Free some space and run the same command again",
        )


def _arrived(found: Sequence[HubFile], folder: Path) -> list[Path]:
    """What of the files is there, in whole or in part."""
    names = [Path(one.file).name for one in found]
    patterns = [pattern for name in names for pattern in (name, f".{name}.*.incomplete")]
    return [path for pattern in patterns for path in folder.glob(pattern)]


def _discard_other(wanted: HubFile, path: Path) -> None:
    """Delete a part of another revision: parts of two models in one would only be noise."""
    if not path.is_file():
        return
    same = path.stat().st_size == wanted.size
    if not same or wanted.sha256 not in (None, cache.digest_of(path)):
        path.unlink()
