"""The options that all commands share which make runs, and what they ask for as one value."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from harness.cli.options import AsJson, ChatFormat, Dataset, NoSandbox, Project

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


Command = Callable[["RunRequest", Manner], None]


def _options(
    stages: Annotated[
        list[str] | None,
        typer.Argument(metavar="STAGE", help="Folders of prompt_templates/."),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option("--stage", "--stages", help="The same as an option; repeatable."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="A name from models.toml; repeatable."),
    ] = None,
    model_file: Annotated[
        list[Path] | None, typer.Option("--model-file", help="Any GGUF file; repeatable.")
    ] = None,
    chat_format: ChatFormat = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            "--contexts",
            help="What the model may know of the data: schema (default) or blind; repeatable.",
        ),
    ] = None,
    dataset: Dataset = None,
    artifacts: Annotated[
        str, typer.Option(help="What a stage reads of those before it: patched or raw.")
    ] = "patched",
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
    project: Project = None,
) -> None:
    """Only its signature is used."""


def makes_runs(command: Command) -> Callable[..., None]:
    """A function for typer with all these options, which calls ``command`` with two values."""

    def called(**given: Any) -> None:
        from harness.batch.request import RunRequest

        request = RunRequest(
            models=split(given["model"]),
            model_files=tuple(dict.fromkeys(given["model_file"] or ())),
            chat_format=given["chat_format"],
            stages=split([*(given["stages"] or ()), *(given["stage"] or ())]),
            contexts=split(given["context"]) or ("schema",),
            dataset=given["dataset"],
            artifacts=given["artifacts"],
            seed=given["seed"],
            samples=given["samples"],
            again=given["again"],
            sampling={name: given[name] for name in ("temperature", "top_p", "max_tokens")},
            patch=not given["no_patch"],
            unsafe=given["unsafe_no_sandbox"],
        )
        manner = {name: given[name] for name in Manner._fields}
        command(request, Manner(**manner))

    called.__doc__ = command.__doc__
    called.__signature__ = inspect.signature(_options, eval_str=True)  # type: ignore[attr-defined]
    called.__annotations__ = inspect.get_annotations(_options, eval_str=True)
    return called


def split(given: Iterable[str] | None) -> tuple[str, ...]:
    """Values of an option that repeats; each may be several, joined by commas. ``all``: none."""
    names = [name.strip() for value in given or () for name in value.split(",")]
    return tuple(dict.fromkeys(name for name in names if name and name != "all"))
