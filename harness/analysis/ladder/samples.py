"""One run as a line of numbers: what came of it without a human, and what it took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.analysis import guards
from harness.fixes.ledger import FAULTS, written
from harness.notebooks import stored, syntax
from harness.records import (
    CellStatus,
    Completion,
    Execution,
    GuardCount,
    Outcome,
    Record,
    Run,
    SteeringKind,
)

UNAIDED = (Outcome.RAW, Outcome.REPAIRED)  # a stage that passed without a human


class Sample(Record):
    """A run on a rung. Cells and checks are of the notebook as the model left it, repairs included.

    Tokens are the model's own. ``prompt_tokens`` are of all that the model was told, each text
    once; they are counted by characters, at the rate of the run's first prompt.
    """

    rung: str
    line: str = ""  # the inputs of its run but the seed: samples of one line can be put together
    model: str
    dataset: str
    synthetic: bool
    stage: str
    seed: int
    outcome: str
    passed: bool
    cells: int
    cells_ok: int
    checks: int
    checks_held: int
    lines: int | None  # code lines of the patched notebook; None: it was not patched
    human_lines: int | None
    tokens: int  # written, those included that were taken back or not chosen
    taken_back: int  # of them, those that are in no notebook
    prompt_tokens: int
    line_tokens: float | None  # of a line of its code
    writing: float  # seconds
    executing: float
    guards: tuple[GuardCount, ...] = ()  # how each did, where it was steered
    lacking: tuple[str, ...] = ()  # help that was asked for and left no trace in the record


def sample_of(run: Run, rung: str) -> Sample:
    """The numbers of an executed run. Raises ValueError where it has no executed notebook."""
    done = left_by_model(run)
    if done is None:
        raise ValueError(f"run {run.run_id} has no executed notebook")
    book = run.patched.ledger if run.patched else None
    tokens, aside = _tokens(run)
    return Sample(
        rung=rung,
        line=run.line_id,
        model=run.model.name,
        dataset=run.dataset,
        synthetic=run.synthetic,
        stage=run.stage,
        seed=run.seed,
        outcome=run.outcome.value,
        passed=run.outcome in UNAIDED,
        cells=len(done.cells),
        cells_ok=sum(cell.status is CellStatus.OK for cell in done.cells),
        checks=len(done.checks),
        checks_held=sum(check.status.holds for check in done.checks),
        lines=book.patched_lines if book else None,
        human_lines=written(book.lines, FAULTS) if book else None,
        tokens=tokens,
        taken_back=aside,
        prompt_tokens=_prompt_tokens(run),
        line_tokens=_line_tokens(run),
        writing=round(
            sum(one.own for one in run.replies) + sum(one.own for one in _repairs(run)), 1
        ),
        executing=round(_executing(run), 1),
        guards=guards.of_run(run),
        lacking=tuple(_lacking(run)),
    )


def left_by_model(run: Run) -> Execution | None:
    """The last notebook that no human touched."""
    return run.repaired.execution if run.repaired else run.raw


def _repairs(run: Run) -> list[Completion]:
    return [one.completion for one in run.repaired.attempts] if run.repaired else []


def _tokens(run: Run) -> tuple[int, int]:
    """Tokens that were written, and of them those that are in no notebook."""
    kept = [reply.completion for reply in run.replies]
    every = [one for reply in run.replies for one in reply.written] + _repairs(run)
    if run.repaired:
        kept += [one.completion for one in run.repaired.attempts if one.kept]
    total = sum(one.completion_tokens + (one.taken_back or 0) for one in every)
    return total, total - sum(one.completion_tokens for one in kept)


def _executing(run: Run) -> float:
    repaired = run.repaired.execution if run.repaired and run.is_rewritten else None
    return sum(one.seconds for one in (run.raw, repaired) if one)


def _prompt_tokens(run: Run) -> int:
    """Tokens of the system turn, the steps as they were sent, and what repairs were told."""
    system, *users = run.prompts
    sent = [
        reply.asked or user.content for user, reply in zip(users, run.replies, strict=False)
    ] or [one.content for one in users]
    told = [system.content, *sent]
    told += [one.prompt for one in run.repaired.attempts] if run.repaired else []
    first = run.replies[0].completion.prompt_tokens if run.replies else 0
    rate = first / max(1, _length(told[:2]))
    return round(rate * _length(told))


def _line_tokens(run: Run) -> float | None:
    """Tokens of a line of the model's code, by characters, at the rate of its replies."""
    sources = [cell.source for cell in stored.raw(run).code]
    lines = sum(len(syntax.logical_lines(source)) for source in sources)
    made = [reply.completion for reply in run.replies]
    length = _length(one.text for one in made)
    if not lines or not length:
        return None
    rate = sum(one.completion_tokens for one in made) / length
    return round(rate * _length(sources) / lines, 2)


def _lacking(run: Run) -> Iterator[str]:
    """Help that the engine, or this version, did not give."""
    kinds = {one.steered.kind for one in run.replies if one.steered}
    if run.help.steer and not kinds - {SteeringKind.NONE}:
        yield "steering"
    if run.help.repair and run.repaired is None and run.outcome is not Outcome.RAW:
        yield "repairs"
    if run.help.candidates > 1 and not any(one.candidates for one in run.replies):
        yield "candidates"


def _length(texts: Iterable[str]) -> int:
    return sum(map(len, texts))
