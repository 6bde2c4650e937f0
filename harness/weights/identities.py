"""Who a run's replies come from: what identifies a model, by the engine that it is for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from harness import files
from harness.errors import ModelFileError
from harness.files import OnBytes
from harness.records import ModelIdentity, ModelSpec
from harness.weights import cache

LARGEST_SCRIPT = 64 << 20  # bytes
DEFAULT_N_CTX = 8192  # tokens, where neither models.toml nor the file asks for less


def identify(spec: ModelSpec, path: Path, on_bytes: OnBytes = files.ignore) -> ModelIdentity:
    """Who a run's replies come from. Raises ModelFileError before anything is loaded."""
    if spec.kind == "server":
        return _of_server(spec)
    if spec.kind == "script":
        return _of_script(spec, path)
    if spec.kind == "gguf":
        return _of_weights(spec, path, on_bytes)
    return _of_other(spec, path, on_bytes)


def compare(spec: ModelSpec, digest: str, hint: str) -> None:
    """Raise ModelFileError where models.toml promises another sha256."""
    if spec.sha256 is not None and spec.sha256 != digest:
        raise ModelFileError(
            f"{spec.name}: the file's sha256 is {digest[:12]}…, models.toml says "
            f"{spec.sha256[:12]}…",
            hint,
        )


def _of_server(spec: ModelSpec) -> ModelIdentity:
    served = spec.served or spec.name
    return ModelIdentity(
        name=spec.name,
        kind="server",
        verified=False,
        server=spec.server,
        sha256=hashlib.sha256(f"server\0{spec.server}\0{served}".encode()).hexdigest(),
        size=0,
        file=served,
        continues=spec.continues,
        n_ctx=spec.n_ctx or DEFAULT_N_CTX,
    )


def _of_script(spec: ModelSpec, path: Path) -> ModelIdentity:
    try:
        blob = files.read(path, LARGEST_SCRIPT)
    except OSError as error:
        raise ModelFileError(
            f"{spec.name}: {path} cannot be read ({error.strerror})", "Correct it in models.toml"
        ) from None
    return ModelIdentity(
        name=spec.name,
        kind="script",
        sha256=hashlib.sha256(blob).hexdigest(),
        size=len(blob),
        file=path.name,
        n_ctx=spec.n_ctx or DEFAULT_N_CTX,
    )


def _of_weights(spec: ModelSpec, path: Path, on_bytes: OnBytes) -> ModelIdentity:
    from harness.weights.gguf import read_header  # noqa: PLC0415

    header = read_header(path)
    if header.chat_template is None and spec.chat_format is None:
        raise ModelFileError(
            f"{path.name} holds no chat template and no chat_format is given",
            "Set chat_format in models.toml, or pass --chat-format (llama-2, chatml, phind)",
        )
    digest = _digest(spec, path, on_bytes)
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


def _of_other(spec: ModelSpec, path: Path, on_bytes: OnBytes) -> ModelIdentity:
    """Of an engine that nothing is known of, but its name, its file and its options."""
    has_file = path.is_file()
    about = [spec.kind, _digest(spec, path, on_bytes) if has_file else None, spec.options]
    return ModelIdentity(
        name=spec.name,
        kind=spec.kind,
        verified=has_file,
        sha256=hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest(),
        size=path.stat().st_size if has_file else 0,
        file=path.name if has_file else spec.kind,
        chat_format=spec.chat_format,
        n_ctx=spec.n_ctx or DEFAULT_N_CTX,
        cache_type=spec.cache_type,
        flash_attention=spec.flash_attention,
        options=spec.options,
    )


def _digest(spec: ModelSpec, path: Path, on_bytes: OnBytes) -> str:
    digest = cache.digest_of_model(path, on_bytes)
    compare(spec, digest, f"Delete {path} and pull it again: harness models pull {spec.name}")
    return digest
