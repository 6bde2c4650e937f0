"""``harness runs rm`` and ``harness models rm``: what goes for good, after asking."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options
from harness.cli.options import Contexts, Models, Project, Stages, Verbosity

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from harness.records import ModelSpec, RunKey
    from harness.runs.store import FileStore

AGE = re.compile(r"([0-9]{1,6})([hdw]?)")
HOURS = {"h": 1, "d": 24, "": 24, "w": 7 * 24}
MOST_LISTED = 20
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def remove_runs(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN", callback=options.split, help="Ids, or the first characters of them."
        ),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Those that failed or were never finished.")
    ] = False,
    older: Annotated[
        str | None,
        typer.Option("--older", metavar="AGE", help="Those older than 30d, 12h or 2w."),
    ] = None,
    stages: Stages = None,
    models: Models = None,
    contexts: Contexts = None,
    yes: Yes = False,
    force: Annotated[
        bool, typer.Option("--force", help="Remove runs that others read files of, too.")
    ] = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Remove runs: their notebooks, records and files.

    Runs are named, or chosen by --failed, --older, --stage, --model and --context; those that meet
    all of these go. A run whose files another run read stays, unless that one goes too.

    Examples:

    \b
      harness runs rm 8d8d 7f01
      harness runs rm --failed --older 30d
    """
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.project import location
    from harness.runs import removal
    from harness.runs.store import FileStore

    chosen = {"stage": stages, "model": models, "context": contexts}
    filtered = failed or older is not None or any(chosen.values())
    if bool(runs) == filtered:
        raise HarnessError(
            "name runs, or choose them by options, not both" if runs else "no run was named",
            "For example: harness runs rm 8d8d, or harness runs rm --failed --older 30d",
        )
    age = _age(older)
    store = FileStore(location.find(project))
    keys = removal.named(store, runs) if runs else _chosen(store, chosen, failed=failed, age=age)
    if not keys:
        show.line("No run matches")
        return
    readers = removal.readers(store, keys)
    if readers and not force:
        told = "; ".join(
            f"{source} is read by {', '.join(f'{key.run_id} ({key.stage})' for key in by)}"
            for source, by in readers.items()
        )
        raise HarnessError(
            f"other runs read files of what would go: {told}",
            "Remove those too, or say --force: they cannot be patched or checked again then",
        )
    for key in keys[:MOST_LISTED]:
        show.line(f"{key.run_id}  {key.model}  {key.stage}")
    if len(keys) > MOST_LISTED:
        show.line(f"and {len(keys) - MOST_LISTED:,} more")
    ask(f"Remove {show.count(len(keys), 'run')} for good?", yes=yes)
    for key in keys:
        removal.remove(store, key)
    show.line(f"Removed {show.count(len(keys), 'run')}")


def _chosen(
    store: FileStore,
    chosen: dict[str, list[str] | None],
    *,
    failed: bool,
    age: timedelta | None,
) -> list[RunKey]:
    from datetime import UTC, datetime

    from harness.records import RunKey

    found = store.summaries(**chosen)
    if failed:
        found = [one for one in found if one.outcome in ("failed", "incomplete")]
    if age is not None:
        until = datetime.now(UTC) - age
        found = [one for one in found if datetime.fromisoformat(one.updated) < until]
    # A run lies under the names of its folder, whatever its record says.
    places = [one.path.parts[-3:] for one in found]
    return [RunKey(model=model, stage=stage, run_id=run_id) for model, stage, run_id in places]


def _age(text: str | None) -> timedelta | None:
    from datetime import timedelta

    from harness.errors import HarnessError

    if text is None:
        return None
    found = AGE.fullmatch(text)
    if found is None:
        raise HarnessError(f"--older {text} is no age", "Give days, hours or weeks: 30d, 12h, 2w")
    return timedelta(hours=int(found[1]) * HOURS[found[2]])


def remove_model(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help="A name from models.toml, or its beginning.")
    ],
    entry: Annotated[
        bool, typer.Option("--entry", help="Take the entry out of models.toml, too.")
    ] = False,
    yes: Yes = False,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Remove a model's weights from the cache of this machine.

    Only what harness itself pulled or joined is deleted, never a file of yours. The entry in
    models.toml stays, so that the weights can be pulled again, unless --entry is given.

    Examples:

    \b
      harness models rm codellama-34b-instruct
      harness models rm codellama-34b-instruct --entry
    """
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.project import location, model_entries, models
    from harness.weights import removal

    folder = location.find(project)
    listed = models.load(folder)
    spec = models.find(listed, name)
    if entry:
        model_entries.refuse_used(folder, spec.name)
    found = removal.cached(spec)
    if not found and not entry:
        raise HarnessError(f"the cache holds no weights of {spec.name}", _why_not(spec))
    for path in found:
        size = path.lstat().st_size
        show.line(f"{path} ({show.size(size)})")
    others = [one.name for one in listed.models.values() if one != spec and _shares(one, found)]
    if others:
        show.notice(f"{', '.join(others)}: has the same weights, and would lose them too")
    what = [show.count(len(found), "file")] if found else []
    what += [f"the entry {spec.name} of models.toml"] if entry else []
    ask(f"Remove {' and '.join(what)}?", yes=yes)
    gone = removal.remove(spec)
    if gone:
        show.line(f"Removed {show.count(len(gone), 'file')} of {spec.name}")
    if entry:
        model_entries.remove(folder, spec.name)
        show.line(f"Removed the entry {spec.name}")
    elif spec.hf or spec.parts:
        show.info(f"Get them again: harness models pull {spec.name}")


def choose_default(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help="A name from models.toml, or its beginning.")
    ],
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Choose the model that is used where no other is named.

    It is written into models.toml, whose comments stay as they are.

    Example:

    \b
      harness models default codellama-13b-instruct
    """
    from harness.cli import show
    from harness.project import location, model_entries, models
    from harness.weights import sources

    folder = location.find(project)
    chosen = model_entries.set_default(folder, name)
    show.line(f"The default is {chosen}")
    if not sources.available(models.load(folder).models[chosen], folder):
        show.info(f"Next: harness models pull {chosen}")


def _shares(spec: ModelSpec, found: Collection[object]) -> bool:
    from harness.weights import cache

    return cache.cached_file(spec) in found


def _why_not(spec: ModelSpec) -> str:
    if spec.path or spec.script:
        return f"Its file is yours: {spec.path or spec.script}. To drop the entry alone: --entry"
    return "To drop the entry alone: --entry"


def ask(question: str, *, yes: bool) -> None:
    """Go on only where a person says so. Raises HarnessError where nobody can be asked."""
    from harness.errors import HarnessError

    if yes:
        return
    if not sys.stdin.isatty():
        raise HarnessError("there is no terminal to ask in", "Nothing was removed. Say --yes")
    if not typer.confirm(question, default=False):
        typer.echo("Nothing was removed")
        raise typer.Exit(1)
