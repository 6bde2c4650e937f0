"""``harness prompts``: what would be sent."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import AsJson, ChatFormat, Dataset, ModelFile, ModelName, Project


def prompts(
    stage: Annotated[str, typer.Option("--stage", help="A folder of prompt_templates/.")],
    context: Annotated[
        str, typer.Option(help="What the model may know of the data: blind or schema.")
    ] = "schema",
    model: ModelName = None,
    model_file: ModelFile = None,
    chat_format: ChatFormat = None,
    dataset: Dataset = None,
    as_json: AsJson = False,
    project: Project = None,
) -> None:
    """Print the prompts of a stage and how many tokens each conversation begins with.

    Only the model's vocabulary is read. A step's count is of its prompt and all prompts before it;
    the replies between them, not known yet, come on top.
    """
    from harness import wiring
    from harness.batch import request
    from harness.batch.matrix import look
    from harness.cli import show
    from harness.project import location
    from harness.runs.store import FileStore

    folder, store = location.find(project), FileStore(location.find(project))
    asked = request.RunRequest(
        stages=(stage,),
        models=(model,) if model else (),
        model_files=(model_file,) if model_file else (),
        chat_format=chat_format,
        contexts=(context,),
        dataset=dataset,
    )
    matrix = request.resolve(folder, store, asked, show.notice, show.bytes_bar)
    (planned,) = look(folder, store, matrix)
    plan = planned.plan
    engine = wiring.engine(plan.model, planned.model.weights, vocab_only=True)
    try:
        system, *users = plan.prompts
        counts = [
            engine.count_tokens([system, *users[: number + 1]]) for number in range(len(users))
        ]
    finally:
        engine.close()
    if as_json:
        turns = [message.model_dump() for message in plan.prompts]
        show.json({"model": plan.model.name, "prompts": turns, "tokens": counts})
        return
    show.block("system", system.content)
    for step, message, count in zip(plan.stage.steps, users, counts, strict=True):
        show.block(f"{step}  ({count:,} tokens so far)", message.content)
    show.out.print(
        f"{counts[-1]:,} prompt tokens for {plan.model.name}, whose context holds "
        f"{plan.model.n_ctx:,}; each of {len(users)} replies may add {plan.sampling.max_tokens:,}"
    )
