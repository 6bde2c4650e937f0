"""``harness prompts``: what would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli import options
from harness.cli.options import (
    AsJson,
    ChatFormat,
    Contexts,
    Dataset,
    ModelFiles,
    Models,
    Project,
    StageArguments,
    Stages,
    Verbosity,
)

if TYPE_CHECKING:
    from harness.batch.matrix import Planned


def prompts(
    stage: StageArguments = None,
    stages: Stages = None,
    contexts: Contexts = None,
    models: Models = None,
    model_files: ModelFiles = None,
    chat_format: ChatFormat = None,
    dataset: Dataset = None,
    as_json: AsJson = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Print what a model would be sent, with token counts.

    Of the model only its vocabulary is read. The count of a step is of its prompt and of all
    prompts before it; the replies between them are not known yet, and come on top.

    Examples:

    \b
      harness prompts eda
      harness prompts --stage eda,modeling --context blind --json
    """
    from harness.batch import request
    from harness.batch.matrix import look
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.project import defaults, location
    from harness.runs.store import FileStore

    folder = location.find(project)
    store = FileStore(folder)
    names = options.split([*(stage or ()), *(stages or ())])
    if names is None:
        raise HarnessError("no stage is named", "Name one: harness prompts eda")
    asked = request.RunRequest(
        stages=tuple(names),
        contexts=tuple(contexts or [defaults.of_project(folder)[0]]),
        models=tuple(models or ()),
        model_files=tuple(model_files or ()),
        chat_format=chat_format,
        dataset=dataset,
    )
    matrix = request.resolve(folder, store, asked, show.notice, show.bytes_bar)
    found = [(planned, _tokens(planned)) for planned in look(folder, store, matrix)]
    if as_json:
        show.json([_record(planned, counts) for planned, counts in found])
        return
    for planned, counts in found:
        _print(planned, counts)


def _tokens(planned: Planned) -> list[int]:
    """What each step's prompt comes to, with all before it."""
    from harness import wiring

    engine = wiring.engine(planned.plan.model, planned.model.weights, vocab_only=True)
    try:
        turns = planned.plan.prompts  # the system's, then one per step
        return [engine.count_tokens(turns[: until + 1]) for until in range(1, len(turns))]
    finally:
        engine.close()


def _record(planned: Planned, counts: list[int]) -> dict[str, object]:
    plan = planned.plan
    return {
        "stage": plan.stage.name,
        "context": plan.context.name,
        "model": plan.model.name,
        "prompts": [message.model_dump() for message in plan.prompts],
        "tokens": counts,
    }


def _print(planned: Planned, counts: list[int]) -> None:
    from harness.cli import show

    plan = planned.plan
    show.info(f"{plan.stage.title}, {plan.context.name} context", style="bold")
    system, *users = plan.prompts
    show.block("system", system.content)
    for step, message, count in zip(plan.stage.steps, users, counts, strict=True):
        show.block(f"{step}  ({count:,} tokens so far)", message.content)
    show.line(
        f"{counts[-1]:,} prompt tokens for {plan.model.name}, whose context holds "
        f"{plan.model.n_ctx:,}; each of {len(users)} replies may add {plan.sampling.max_tokens:,}"
    )
    if plan.context.observes:
        show.line(
            "Each step after the first also begins with what the kernel holds then, in about "
            f"{plan.context.observes:,} tokens more"
        )
