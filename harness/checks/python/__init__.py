"""``python``: a check of one's own, a function in a file beside ``stage.toml``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from harness.checks.answers import Answer, Ask, one_line
from harness.checks.evidence import Evidence, passed
from harness.records import CheckOptions, CheckResult, CheckStatus, Name

MOST_RESULTS = 100
LONGEST_NAME = 80  # characters
ARTIFACTS, TABLE, HELD = "artifacts", "visible.csv", "held.csv"


class Options(CheckOptions):
    """The file with the function, and what that is called."""

    kind: Literal["python"]
    file: Name
    function: str = Field("check", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")

    @property
    def beside(self) -> tuple[str, ...]:
        """See ``CheckOptions``."""
        return (self.file,)


class Result(Answer):
    """What the function found of one property."""

    name: Annotated[str, StringConstraints(min_length=1)]
    passed: bool
    figure: float | None = None
    message: str = ""


class Results(Answer):
    """What the function returned, or what is wrong with that."""

    error: str | None
    results: Annotated[tuple[Result, ...], Field(max_length=MOST_RESULTS)] = ()


def files(options: Options, blobs: Mapping[str, bytes], evidence: Evidence) -> dict[str, bytes]:
    """The function, the artifacts in a folder of their own, and the tables as plain CSV."""
    about = {
        "file": options.file,
        "function": options.function,
        "artifacts": ARTIFACTS,
        "table": TABLE,
        "held": HELD,
    }
    made = {f"{ARTIFACTS}/{name}": blob for name, blob in blobs.items() if name != options.file}
    return {
        **made,
        options.file: blobs[options.file],
        TABLE: evidence.visible_rows(),
        HELD: evidence.held_features(),
        "check.json": json.dumps(about).encode(),
    }


def judge(options: Options, ask: Ask, _evidence: Evidence) -> Iterator[CheckResult]:
    """The results of the function; one that failed, where it gives none. Raises Refused."""
    found = ask({}, Results)
    if found.error is not None or not found.results:
        why = found.error or f"{options.function} returned no results"
        yield passed(options.file, one_line(why), None, holds=False)
    for one in found.results:
        status = CheckStatus.PASSED if one.passed else CheckStatus.FAILED
        yield CheckResult(
            name=one_line(one.name)[:LONGEST_NAME],
            status=status,
            figure=one.figure,
            message=one_line(one.message),
        )
