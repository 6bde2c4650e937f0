"""What can go wrong with a request to the hub, each as one line that says what to do."""
# ruff: noqa: PLC0415 - the library takes long to import, and most commands never need it

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from harness.errors import (
    GatedRepositoryError,
    HubUnreachableError,
    PullError,
    RepositoryMissingError,
)

NO_HUB = "Check the network and HF_ENDPOINT, or copy the file here and `harness models add PATH`"


class Wanted(NamedTuple):
    """What was asked for, and of whom."""

    repo: str
    file: str
    revision: str
    endpoint: str

    def url(self, revision: str) -> str:
        """Where the hub serves it."""
        from huggingface_hub import hf_hub_url

        return hf_hub_url(self.repo, self.file, revision=revision, endpoint=self.endpoint)


def explained(error: Exception, wanted: Wanted) -> PullError:
    """The error to raise in its place."""
    from huggingface_hub import errors

    repo, file, revision, endpoint = wanted
    page = f"{endpoint}/{repo}"
    gated = f"Accept its licence on {page} and set HF_TOKEN to a token of that account"
    missing = RepositoryMissingError
    causes: list[tuple[type[Exception], PullError]] = [
        (errors.GatedRepoError, GatedRepositoryError(f"{repo} is gated", gated)),
        (
            errors.RepositoryNotFoundError,
            missing(f"no repository {repo} at {endpoint}", "A private one needs HF_TOKEN"),
        ),
        (errors.RevisionNotFoundError, missing(f"{repo} has no revision '{revision}'")),
        (errors.EntryNotFoundError, missing(f"{repo} has no file '{file}' at {revision}")),
        (errors.OfflineModeIsEnabled, HubUnreachableError("HF_HUB_OFFLINE is set", NO_HUB)),
    ]
    for cause, explanation in causes:
        if isinstance(error, cause):
            return explanation
    status = status_of(error)
    if status is None or status >= 500 or status == 429:
        return HubUnreachableError(f"no answer from {endpoint}: {reason_of(error)}", NO_HUB)
    refused = f"{endpoint} refused {repo}/{file}: {reason_of(error)}"
    if status in (401, 403):
        return GatedRepositoryError(refused, f"Check HF_TOKEN, and that it may read {page}")
    return missing(refused) if status == 404 else PullError(refused)


def status_of(error: Exception) -> int | None:
    """The HTTP status a request was answered with; None: it was not answered."""
    return getattr(getattr(error, "response", None), "status_code", None)


def reason_of(error: Exception) -> str:
    """What the hub, or the system, says of it, in one line."""
    said = getattr(error, "server_message", None) or ""
    status = status_of(error)
    text = f"HTTP {status} {said}" if status else str(error) or type(error).__name__
    return text.strip().splitlines()[0].rstrip(".")


@contextmanager
def quiet() -> Iterator[None]:
    """The library's warnings of its own retries would break into the caller's progress line."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR if level == logging.WARNING else level)
    try:
        yield
    finally:
        logger.setLevel(level)
