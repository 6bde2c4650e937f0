"""Prompts to replies: one reply per step, each stored before the next is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from harness import files
from harness.ports import Engine, Reporter, RunStore
from harness.records import (
    Candidate,
    Completion,
    Message,
    Progress,
    Replies,
    Reply,
    Steered,
    SteeringKind,
)
from harness.runs import candidates
from harness.runs.expected import Expected
from harness.runs.plans import Plan
from harness.runs.working import Steering, Working

REPLIES = "replies.json"
SHORTENED = "what the kernel held before earlier steps was left out, for want of room"
UNSTEERED = "this engine cannot be steered, so the replies are written without"

OnReply = Callable[[tuple[Reply, ...]], object]
"""Called with the replies so far, once at the start and then after each new one."""


def generate(
    plan: Plan,
    engine: Engine,
    store: RunStore,
    reporter: Reporter,
    on_reply: OnReply,
    working: Working | None = None,
) -> tuple[Reply, ...]:
    """One reply per step; step N sees the steps before it and their replies.

    A kernel that is ``working`` beside it has run the cells of the steps before.
    """
    done, versions = list(stored(plan, store)), begun(plan, store)
    on_reply(tuple(done))
    if working is not None and len(done) < len(plan.stage.steps):
        working.resume(done)
    steps = plan.stage.steps
    for number, step in enumerate(steps, 1):
        reporter.step(number, len(steps), step)
        if number <= len(done):
            reporter.replied(done[number - 1], resumed=True)
            continue
        told = working.told(plan.prompts[number].content) if working else None
        turns, note = fitting(plan, done, told[0] if told else None, engine)
        watcher = None
        if working is not None and plan.help.candidates > 1:
            several = candidates.Candidates(plan, step, engine, working, reporter)
            keep = _keeps(plan, step, tuple(done), store)
            reply = several.write(turns, versions.get(step, ()), keep, more=number < len(steps))
        else:
            watcher = _watcher(plan, step, engine, working, reporter)
            reply = _reply(plan, turns, engine, tuple(done), store, reporter, watcher)
        if told is not None:
            completion = reply.completion
            if note:
                completion = completion.model_copy(update={"notes": (*completion.notes, note)})
            seen = {"completion": completion, "asked": told[0], "observation": told[1]}
            reply = reply.model_copy(update=seen)
        done.append(reply)
        _save(plan, Replies(replies=tuple(done)), store)
        on_reply(tuple(done))
        reporter.replied(reply, resumed=False)
        if working is not None and watcher is None and not reply.candidates and number < len(steps):
            working.take(step, reply.completion.text)
    return tuple(done)


def _watcher(
    plan: Plan, step: str, engine: Engine, working: Working | None, reporter: Reporter
) -> Steering | None:
    if working is None or not plan.help.steer:
        return None
    expected = Expected(plan, step, working)
    return working.watcher(engine.steering, reporter.stepped_back, expected)


def conversation(
    plan: Plan, done: Sequence[Reply], asked: str | None = None
) -> tuple[Message, ...]:
    """What the model sees for the step after ``done``, with what was asked as it was ``asked``."""
    system, *users = sent(plan, done)
    turns = [system]
    for user, reply in zip(users, done, strict=False):
        turns += [user, Message(role="assistant", content=reply.completion.text)]
    user = users[len(done)]
    return (*turns, user if asked is None else user.model_copy(update={"content": asked}))


def fitting(
    plan: Plan, done: Sequence[Reply], asked: str | None, engine: Engine
) -> tuple[tuple[Message, ...], str]:
    """The conversation, and a note where it is not as it was sent before.

    Where it would not fit the model's context, what the kernel held before earlier steps is out of
    date anyway, and is left out.
    """
    turns = conversation(plan, done, asked)
    if asked is None or not any(reply.asked for reply in done):
        return turns, ""
    if engine.count_tokens(turns) + plan.sampling.max_tokens <= plan.model.n_ctx:
        return turns, ""
    plainly = [reply.model_copy(update={"asked": None}) for reply in done]
    return conversation(plan, plainly, asked), SHORTENED


def sent(plan: Plan, done: Sequence[Reply]) -> tuple[Message, ...]:
    """The prompts of a run, those of the steps that are ``done`` as they were sent."""
    system, *users = plan.prompts
    asked = [reply.asked for reply in done] + [None] * (len(users) - len(done))
    return (
        system,
        *(
            user if text is None else user.model_copy(update={"content": text})
            for user, text in zip(users, asked, strict=True)
        ),
    )


def _reply(
    plan: Plan,
    turns: Sequence[Message],
    engine: Engine,
    done: tuple[Reply, ...],
    store: RunStore,
    reporter: Reporter,
    watcher: Steering | None,
) -> Reply:
    step = plan.stage.steps[len(done)]
    written = ""
    last: list[Progress] = []

    def note(progress: Progress) -> None:
        nonlocal written
        written = written[: progress.kept] + progress.text
        last[:] = [progress]
        reporter.progress(progress)

    started = time.monotonic()
    watchers = () if watcher is None else (watcher,)
    try:
        (completion,) = engine.complete(turns, plan.sampling, [plan.seed], note, watchers=watchers)
    except BaseException:
        if last and written:
            partial = Completion(
                text=written,
                finish="interrupted",
                prompt_tokens=last[0].prompt_total,
                completion_tokens=last[0].tokens,
                seconds=round(time.monotonic() - started, 3),
                seed=plan.seed,
            )
            _save(plan, Replies(replies=done, partial=Reply(step=step, completion=partial)), store)
        raise
    if watcher is not None:
        watcher.settle(completion.text)
        return Reply(step=step, completion=completion, steered=watcher.steered)
    if plan.help.steer:
        notes = completion.notes if done else (*completion.notes, UNSTEERED)
        completion = completion.model_copy(update={"notes": notes})
        return Reply(step=step, completion=completion, steered=Steered(kind=SteeringKind.NONE))
    return Reply(step=step, completion=completion)


def _keeps(plan: Plan, step: str, done: tuple[Reply, ...], store: RunStore) -> candidates.Keep:
    """Stores the versions of a step that are written, while the others are."""

    def keep(versions: tuple[Candidate, ...]) -> None:
        last = versions[-1].completion.model_copy(update={"finish": "interrupted"})
        partial = Reply(step=step, completion=last, candidates=versions)
        _save(plan, Replies(replies=done, partial=partial), store)

    return keep


def begun(plan: Plan, store: RunStore) -> dict[str, tuple[Candidate, ...]]:
    """The versions of the step at which an earlier attempt was interrupted, by that step."""
    found = _load(plan, store)
    partial = found.partial if found else None
    return {partial.step: partial.candidates} if partial is not None else {}


def stored(plan: Plan, store: RunStore) -> tuple[Reply, ...]:
    """The replies that an earlier attempt left, those of the first steps."""
    found = _load(plan, store)
    stored = found.replies if found else ()
    expected = plan.stage.steps[: len(stored)]
    return stored if tuple(reply.step for reply in stored) == expected else ()


def _load(plan: Plan, store: RunStore) -> Replies | None:
    blob = store.load(plan.key, REPLIES)
    if blob is None:
        return None
    try:
        return Replies.model_validate_json(blob)
    except ValueError:
        return None  # only this module writes it, atomically: what is broken is worth nothing


def _save(plan: Plan, replies: Replies, store: RunStore) -> None:
    text = files.to_json(replies.model_dump(mode="json"))
    store.save(plan.key, REPLIES, (text + "\n").encode())
