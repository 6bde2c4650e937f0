"""The options that all commands share which make runs, and what they ask for as one value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from harness.cli import options
from harness.cli.options import (
    AsJson,
    Candidates,
    ChatFormat,
    Contexts,
    Dataset,
    ModelFiles,
    Models,
    NoSandbox,
    Project,
    Repair,
    StageArguments,
    Stages,
    Steer,
    Verbosity,
)

if TYPE_CHECKING:
    from harness.batch.request import RunRequest


class Manner(NamedTuple):
    """How the runs are made and shown; what they are is the request's."""

    project: Path | None
    runner: str | None
    address: str | None
    dry_run: bool
    as_json: bool
    strict: bool


EVERY_STAGE = "all"
Command = Callable[["RunRequest", Manner], None]


def _options(
    stage: StageArguments = None,
    stages: Stages = None,
    models: Models = None,
    model_files: ModelFiles = None,
    chat_format: ChatFormat = None,
    contexts: Contexts = None,
    dataset: Dataset = None,
    artifacts: Annotated[
        str, typer.Option(help="What a stage reads of those before it: patched or raw.")
    ] = "patched",
    from_runs: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="RUN",
            callback=options.split,
            help="Read the files of this run of an earlier stage; repeatable.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the sampling; same seed, same reply.")] = 1,
    samples: Annotated[
        int, typer.Option("--samples", help="Runs of each, with seeds from --seed on.")
    ] = 1,
    again: Annotated[
        bool, typer.Option("--again", help="Make other samples, with the next unused seeds.")
    ] = False,
    temperature: Annotated[float | None, typer.Option(min=0, max=5)] = None,
    top_p: Annotated[float | None, typer.Option(min=0.001, max=1)] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest reply.")] = None,
    steer: Steer = None,
    repair: Repair = None,
    candidates: Candidates = None,
    best: Annotated[
        bool,
        typer.Option(
            "--best", help="The context and help that ladder.toml calls the best; see ladder."
        ),
    ] = False,
    no_patch: Annotated[
        bool, typer.Option("--no-patch", help="Stop at the raw notebook; leave the fixes out.")
    ] = False,
    runner: Annotated[
        str | None, typer.Option("--runner", help="Of several runs: local, ray or inline.")
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", help="Of the Ray cluster; default: as Ray finds it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would run; write nothing.")
    ] = False,
    as_json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 where a cell or a check fails.")
    ] = False,
    unsafe_no_sandbox: NoSandbox = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Only its signature is used."""


def makes_runs(command: Command) -> Callable[..., None]:
    """A function for typer with all these options, which calls ``command`` with two values."""

    def called(**given: Any) -> None:
        from harness.batch.request import RunRequest
        from harness.project import defaults, location
        from harness.records import Help

        said = {name: given[name] for name in Help.model_fields}
        folder = location.find(given["project"])
        chosen = defaults.choose(folder, given["contexts"], said, best=given["best"])
        request = RunRequest(
            models=tuple(given["models"] or ()),
            model_files=tuple(given["model_files"] or ()),
            chat_format=given["chat_format"],
            stages=_stages(given["stage"], given["stages"]),
            contexts=chosen.contexts,
            dataset=given["dataset"],
            artifacts=given["artifacts"],
            sources=tuple(given["from_runs"] or ()),
            seed=given["seed"],
            samples=given["samples"],
            again=given["again"],
            sampling={name: given[name] for name in ("temperature", "top_p", "max_tokens")},
            help=chosen.help,
            patch=not given["no_patch"],
            unsafe=given["unsafe_no_sandbox"],
        )
        manner = {name: given[name] for name in Manner._fields}
        command(request, Manner(**manner))

    called.__doc__ = command.__doc__
    called.__signature__ = inspect.signature(_options, eval_str=True)  # type: ignore[attr-defined]
    called.__annotations__ = inspect.get_annotations(_options, eval_str=True)
    return called


def _stages(arguments: list[str] | None, named: list[str] | None) -> tuple[str, ...]:
    names = options.split([*(arguments or ()), *(named or ())]) or []
    return () if names == [EVERY_STAGE] else tuple(names)
