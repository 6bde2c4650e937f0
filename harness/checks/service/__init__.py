"""``service``: an app that starts, answers, refuses what it cannot know, and is right often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from pydantic import Field

from harness.checks.answers import Answer, Ask, one_line, pieces
from harness.checks.evidence import Evidence, passed, unjudged
from harness.checks.judging import PredictionOptions, judge_predictions, leading_name
from harness.checks.labels import Unreadable
from harness.checks.service import requests
from harness.checks.service.bodies import Bodies, Reply
from harness.checks.service.requests import Record, Requests
from harness.records import CheckResult

MOST_RECORDS = 1000  # of one request
MOST_NUMBERS = 30_000  # of one answer
NO_SUCH = "no such value"


class Options(PredictionOptions):
    """Where the app is asked."""

    kind: Literal["service"]
    path: str = "/predict"  # where records are posted


class Started(Answer):
    """Whether the app came up."""

    error: str | None


class Response(Answer):
    """What the app answered to a request."""

    status: int = Field(ge=100, le=599)
    body: str | None  # None: it is too long


class Client(NamedTuple):
    """Puts records to the app, and reads what comes back."""

    path: str
    ask: Ask
    bodies: Bodies

    def post(self, records: list[Record]) -> Reply:
        """Raises Refused where the app's process ended, or no response came back."""
        response = self.ask({"path": self.path, "records": records}, Response)
        return self.bodies.read(response.status, response.body, len(records))


def files(_options: Options, blobs: Mapping[str, bytes], _evidence: Evidence) -> dict[str, bytes]:
    """The app, and all that may lie beside it. Requests come later, one by one."""
    return dict(blobs)


def judge(options: Options, ask: Ask, evidence: Evidence) -> Iterator[CheckResult]:
    """That it starts, one record, a thousand, what it refuses, the figures. Raises Refused."""
    error = ask({"start": options.artifact.removesuffix(".py")}, Started).error
    yield passed("app starts", one_line(error or "yes"), None, holds=error is None)
    if error is not None:
        return
    try:
        asked = requests.of(evidence)
    except Unreadable as problem:
        yield unjudged("one record", one_line(str(problem)))
        return
    if not asked.records:
        things = evidence.dataset.plural
        yield unjudged("one record", f"no {things} are held out, so there is nothing to ask")
        return
    client = Client(options.path, ask, Bodies(evidence))
    for name, count in (("one record", 1), ("a thousand records", 1000)):
        reply = client.post((asked.records * (count // len(asked.records) + 1))[:count])
        yield passed(name, reply.message, reply.given, holds=reply.holds)
    yield from _refusals(client, asked)
    yield from _held_out(client, options, asked, evidence)


def _refusals(client: Client, asked: Requests) -> Iterator[CheckResult]:
    good, name = asked.records[0], "unknown category"
    if asked.category is None:
        message = "no column of the table has categories, so none can be unknown"
        yield passed(f"refuses {name}", message, None, holds=True)
    else:
        bad = {**good, asked.category: NO_SUCH}
        what = f"an unknown category in {asked.category!r}"
        yield _refuses(client, good, name, what, bad)
    if asked.field is not None:
        less = {name: value for name, value in good.items() if name != asked.field}
        what = f"a record without {asked.field!r}"
        yield _refuses(client, good, "missing field", what, less)


def _refuses(client: Client, good: Record, name: str, what: str, bad: Record) -> CheckResult:
    """That ``bad`` is answered with 4xx, and that it is not the route, or the hour, that is bad."""
    status = client.post([bad]).status
    after = client.post([good, good])  # a single one is a check of its own
    is_refused = 400 <= status < 500
    message = f"status {status} for {what}"
    if not is_refused:
        message += ", which should be refused with one from 400 to 499"
    elif not after.holds:
        message += f", and for good ones {after.message}"
    return passed(f"refuses {name}", one_line(message), status, holds=is_refused and after.holds)


def _held_out(
    client: Client, options: Options, asked: Requests, evidence: Evidence
) -> Iterator[CheckResult]:
    if evidence.target is None:
        return
    name = leading_name(evidence)
    size = max(1, min(MOST_RECORDS, MOST_NUMBERS // max(1, len(evidence.ordered_classes))))
    replies: list[Reply] = []
    for rows in pieces(asked.records, size):
        reply = client.post(list(rows))
        if not reply.holds:
            message = f"{reply.message} for {len(rows):,} held-out {evidence.dataset.plural}"
            yield passed(name, one_line(message), None, holds=False)
            return
        replies.append(reply)
    yield from client.bodies.predictions(replies)
    problem = next((reply.problem for reply in replies if reply.problem), None)
    if problem is not None:
        yield passed(name, problem, None, holds=False)
        return
    made = [row for reply in replies for row in reply.made]
    left_out = ""
    if asked.strange:
        left_out = f"; {asked.strange:,} more have values that no visible one has"
    for one in judge_predictions(options, made, evidence, asked.chosen):
        yield one.model_copy(update={"message": one_line(one.message + left_out)})
