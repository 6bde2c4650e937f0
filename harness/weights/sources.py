"""From an entry of ``models.toml`` to a verified file on this machine."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from harness import files
from harness.errors import ModelFileError, PullError
from harness.files import OnBytes
from harness.records import ModelIdentity, ModelSpec
from harness.weights import cache, downloads, identities, splits

DISK_MARGIN = 256 << 20  # bytes left free beside what is written


def resolve(
    spec: ModelSpec, project: Path, on_bytes: OnBytes = files.ignore
) -> tuple[Path, ModelIdentity]:
    """The model's file, joined if need be, and its identity. Raises ModelFileError."""
    path = obtain(spec, project, on_bytes)
    return path, identities.identify(spec, path, on_bytes)


def locate(spec: ModelSpec, project: Path) -> Path | None:
    """The model's file, of several the first, if all is on this machine and ready, else None."""
    given = spec.path or spec.script
    path = splits.first(project / given.expanduser()) if given else cache.cached_file(spec)
    return path if path is not None and splits.whole(path) else None


def available(spec: ModelSpec, project: Path) -> bool:
    """Whether the model can be used without a download."""
    return locate(spec, project) is not None or bool(_parts(spec)) or not has_file(spec)


def has_file(spec: ModelSpec) -> bool:
    """Whether a file belongs to the entry, be it here or not."""
    return bool(spec.path or spec.script or spec.parts or spec.hf)


def obtain(spec: ModelSpec, project: Path, on_bytes: OnBytes = files.ignore) -> Path:
    """The model's file, joined from installed parts if need be; nothing is downloaded.

    It is the project's folder where no file belongs to the entry, as with a server. Raises
    ModelFileError with the command that gets the file.
    """
    found = locate(spec, project)
    if found is not None:
        return found
    if not has_file(spec):
        return project
    if spec.parts and _parts(spec):
        return join(spec, on_bytes)
    if spec.path or spec.script:
        named = project / (spec.path or spec.script or Path()).expanduser()
        missing = splits.first(named)
        if missing.is_file() or named.is_file():
            splits.files(missing)  # raises, and says which part is missing
        how = "is no file" if missing.exists() else "does not exist"
        raise ModelFileError(f"{spec.name}: {missing} {how}", "Correct the path in models.toml")
    raise ModelFileError(
        f"the weights of {spec.name} are not on this machine",
        f"Get them: harness models pull {spec.name}",
    )


def pull(spec: ModelSpec, project: Path, on_bytes: OnBytes) -> Path:
    """The weights' file, from installed parts or the hub. Raises PullError or ModelFileError."""
    if locate(spec, project) is not None or (spec.parts and _parts(spec)):
        return obtain(spec, project, on_bytes)
    target = cache.cached_file(spec)
    if not (spec.hf and spec.file):
        raise PullError(
            f"{spec.name} has nothing to pull from",
            "Install its parts: pip install 'notebook-harness[embedded]'"
            if spec.parts
            else "Give it hf and file in models.toml",
        )
    fetched = downloads.fetch(spec, on_bytes)
    if spec.parts and target is not None and len(splits.files(fetched)) == 1:
        target.parent.mkdir(parents=True, exist_ok=True)
        fetched.replace(target)
        fetched = target
    verify(spec, fetched, files.ignore)
    return fetched


def join(spec: ModelSpec, on_bytes: OnBytes) -> Path:
    """Stream the installed parts into the cache; the file appears only whole and verified."""
    target, parts = cache.cached_file(spec), _parts(spec)
    if target is None:
        raise ModelFileError(f"{spec.name} is not made of parts")
    total = sum(part.stat().st_size for part in parts)
    _check_disk(target.parent, total)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with files.Scratch(target.parent) as scratch:
            digest = _joined(parts, scratch / "joined", total, on_bytes)
            identities.compare(spec, digest, "Reinstall its parts: make clean setup")
            (scratch / "joined").replace(target)
    except OSError as error:
        raise ModelFileError(
            f"{spec.name} could not be joined in {target.parent} ({error.strerror})",
            "Set HARNESS_CACHE to a folder with room",
        ) from error
    cache.remember(target, digest)
    return target


def _joined(parts: Sequence[Path], target: Path, total: int, on_bytes: OnBytes) -> str:
    """Write the parts into one file; returns its sha256."""
    digest, done = hashlib.sha256(), 0
    with target.open("wb") as out:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(files.CHUNK):
                    out.write(block)
                    digest.update(block)
                    done += len(block)
                    on_bytes(done, total)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def verify(spec: ModelSpec, path: Path, on_bytes: OnBytes) -> str:
    """The file's sha256, computed anew.

    Raises ModelFileError where models.toml says another, or there is no file.
    """
    if not has_file(spec):
        raise ModelFileError(f"{spec.name} has no file that could be verified")
    digest = cache.digest_of_model(path, on_bytes, anew=True)
    hint = f"Delete {path} and pull it again: harness models pull {spec.name}"
    identities.compare(spec, digest, hint)
    return digest


def _parts(spec: ModelSpec) -> list[Path]:
    """The weights inside each installed distribution, in order; empty if one is not installed."""
    found = []
    for name in spec.parts:
        try:
            listed = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            return []
        held = [file for file in listed if file.suffix in (".bin", ".gguf")]
        if len(held) != 1:
            return []
        found.append(Path(str(held[0].locate())))
    return found


def _check_disk(folder: Path, needed: int) -> None:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < needed + DISK_MARGIN:
        raise ModelFileError(
            f"{folder} has {free / 1e9:.1f} GB free and {(needed + DISK_MARGIN) / 1e9:.1f} GB "
            "are needed",
            "Free some space, or set HARNESS_CACHE to another disk",
        )
