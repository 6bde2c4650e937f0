"""Which stored runs a command is about: the same options for all that lists or adds them up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.errors import UnknownNameError
from harness.runs.store import FileStore

HELP: dict[str, Callable[[str], bool]] = {  # by the words of ``Help.label``
    "steer": lambda label: "steered" in label,
    "repair": lambda label: "repair" in label,
    "candidates": lambda label: "candidates" in label,
    "none": lambda label: not label,
}


def wanted(
    store: FileStore,
    stages: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    contexts: Sequence[str] | None = None,
    datasets: Sequence[str] | None = None,
    versions: Sequence[str] | None = None,
    helped: Sequence[str] | None = None,
) -> dict[str, list[str]]:
    """What the store is asked for; empty where nothing was. Stage versions may be cut short.

    ``helped``: kinds of help that a run had, all of them. Raises UnknownNameError where there is no
    such kind, or no run has such a stage version.
    """
    asked: dict[str, Sequence[str] | None] = {
        "stage": stages,
        "model": models,
        "context": contexts,
        "dataset": datasets,
        "stage_sha256": _whole(store, versions),
    }
    found = {name: list(values) for name, values in asked.items() if values}
    if helped:
        found["help"] = _labels(store, helped)
    return found


def _labels(store: FileStore, helped: Sequence[str]) -> list[str]:
    """The help of stored runs, in words, that is all of what was asked for."""
    for name in helped:
        if name not in HELP:
            raise UnknownNameError("help", name, HELP, "Several are wanted all together")
    known = {one.help for one in store.summaries()}
    return [one for one in known if all(HELP[name](one) for name in helped)]


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
