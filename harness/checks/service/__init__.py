"""``service``: an app that starts, answers, refuses what it cannot know, and is right often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, create_model

from harness.checks import answers
from harness.checks.answers import Answer, Ask, FiniteNumbers, Refused, one_line, pieces
from harness.checks.evidence import AucOptions, Evidence, judge_auc, passed
from harness.records import CheckResult, CheckStatus

AUC = "held-out ROC AUC"
MOST_RECORDS = 1000  # of one request
NO_SUCH = "no such value"
Rows = list[dict[str, Any]]


class Options(AucOptions):
    """Where the app is asked, and where its answer is."""

    kind: Literal["service"]
    path: str = "/predict"  # where records are posted
    field: str = "probability"  # the list in its answer


class Started(Answer):
    """Whether the app came up."""

    error: str | None


class Response(Answer):
    """What the app answered to a request."""

    status: int = Field(ge=100, le=599)
    body: str | None  # None: it is too long


class Reply(NamedTuple):
    """A response as it is judged: its probabilities, or why none of it could be read."""

    status: int
    made: tuple[float, ...]
    problem: str | None = None

    def holds(self, count: int) -> bool:
        """Whether it has so many probabilities."""
        return self.status == 200 and self.problem is None and len(self.made) == count

    @property
    def message(self) -> str:
        """In words."""
        return f"status {self.status}, {self.problem or f'{len(self.made)} probabilities'}"


class Client:
    """Puts records to the app, and reads what comes back."""

    def __init__(self, options: Options, ask: Ask) -> None:
        self._path, self._ask = options.path, ask
        config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)
        made = (FiniteNumbers, Field(alias=options.field))
        self._body: type[BaseModel] = create_model("Body", __config__=config, made=made)

    def post(self, records: Rows) -> Reply:
        """Raises Refused where the app's process ended, or no response came back."""
        response = self._ask({"path": self._path, "records": records}, Response)
        if response.status != 200:
            return Reply(response.status, ())
        if response.body is None:
            return Reply(response.status, (), "its answer is too long")
        try:
            made = answers.read(response.body, self._body)
        except Refused as refused:
            return Reply(response.status, (), str(refused))
        return Reply(response.status, made.made)  # type: ignore[attr-defined]


def files(_options: Options, blobs: Mapping[str, bytes], _evidence: Evidence) -> dict[str, bytes]:
    """The app, and all that may lie beside it. Requests come later, one by one."""
    return dict(blobs)


def judge(options: Options, ask: Ask, evidence: Evidence) -> Iterator[CheckResult]:
    """That it starts, one record, a thousand, what it refuses, the AUC. Raises Refused."""
    error = ask({"start": options.artifact.removesuffix(".py")}, Started).error
    yield passed("app starts", one_line(error or "yes"), None, holds=error is None)
    if error is not None:
        return
    records = evidence.held_records()
    if not records:
        message = "no rows are held out, so there is nothing to ask"
        yield CheckResult(name="one record", status=CheckStatus.NOT_RUN, message=message)
        return
    client = Client(options, ask)
    for name, count in (("one record", 1), ("a thousand records", 1000)):
        reply = client.post((records * (count // len(records) + 1))[:count])
        yield passed(name, reply.message, len(reply.made), holds=reply.holds(count))
    yield from _refusals(client, records)
    yield _held_out(client, options, records, evidence)


def _refusals(client: Client, records: Rows) -> Iterator[CheckResult]:
    good = records[0]
    category = _category(records)
    name = "unknown category"
    if category is None:
        message = "no column of the table is text"
        yield CheckResult(name=f"refuses {name}", status=CheckStatus.NOT_RUN, message=message)
    else:
        yield _refuses(client, good, name, "an unknown category", {**good, category: NO_SUCH})
    field = category or next(iter(good))
    less = {name: value for name, value in good.items() if name != field}
    yield _refuses(client, good, "missing field", "a record without a field", less)


def _refuses(
    client: Client, good: dict[str, Any], name: str, what: str, bad: dict[str, Any]
) -> CheckResult:
    """That ``bad`` is answered with 4xx, and that it is not the route, or the hour, that is bad."""
    status = client.post([bad]).status
    after = client.post([good])
    is_refused = 400 <= status < 500
    message = f"status {status} for {what}"
    if is_refused and not after.holds(1):
        message += f", and for a good record {after.message}"
    return passed(f"refuses {name}", message, status, holds=is_refused and after.holds(1))


def _held_out(client: Client, options: Options, records: Rows, evidence: Evidence) -> CheckResult:
    made: list[float] = []
    for rows in pieces(records, MOST_RECORDS):
        reply = client.post(list(rows))
        if not reply.holds(len(rows)):
            message = f"{reply.message} for {len(rows)} held-out rows"
            return passed(AUC, one_line(message), None, holds=False)
        made += reply.made
    return judge_auc(AUC, options, made, evidence)


def _category(records: Rows) -> str | None:
    """The text column of the fewest values, but of more than one where there is such."""
    levels = {
        name: len({row[name] for row in records if row[name] is not None})
        for name in records[0]
        if any(isinstance(row[name], str) for row in records)
    }
    return min(levels, key=lambda name: (levels[name] < 2, levels[name]), default=None)
