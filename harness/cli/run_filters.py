"""Which stored runs a command is about: the same options for all that lists or adds them up."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import UnknownNameError
from harness.runs.store import FileStore


def wanted(
    store: FileStore,
    stages: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    contexts: Sequence[str] | None = None,
    datasets: Sequence[str] | None = None,
    versions: Sequence[str] | None = None,
) -> dict[str, list[str]]:
    """What the store is asked for; empty where nothing was. Stage versions may be cut short.

    Raises UnknownNameError where no run has such a stage version.
    """
    asked: dict[str, Sequence[str] | None] = {
        "stage": stages,
        "model": models,
        "context": contexts,
        "dataset": datasets,
        "stage_sha256": _whole(store, versions),
    }
    return {name: list(values) for name, values in asked.items() if values}


def _whole(store: FileStore, versions: Sequence[str] | None) -> list[str]:
    if not versions:
        return []
    known = {one.stage_sha256 for one in store.summaries()}
    found: list[str] = []
    for version in versions:
        matching = [one for one in sorted(known) if one.startswith(version)]
        if not matching:
            short = [one[:8] for one in known]
            raise UnknownNameError("stage version", version, short, "List them: harness runs")
        found += matching
    return found
