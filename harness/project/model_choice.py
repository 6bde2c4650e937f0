"""From what a person names, a model of the project, a file, a place on the hub, to an entry."""

from __future__ import annotations

from pathlib import Path

from harness.errors import HarnessError
from harness.project import models, names
from harness.project.models import Models
from harness.records import ModelSpec
from harness.weights import sources, splits
from harness.weights.gguf import read_header


def choose_model(listed: Models, name: str | None, project: Path) -> tuple[ModelSpec, str | None]:
    """The model asked for, and a notice where the embedded one stands in for the default."""
    if name is not None:
        return models.find(listed, name), None
    default = listed.models[listed.default]
    if sources.available(default, project) or listed.embedded is None:
        return default, None
    notice = (
        f"{default.name} is not here: using the embedded {listed.embedded}. "
        f"Get it: harness models pull {default.name}"
    )
    return listed.models[listed.embedded], notice


def spec_of_file(path: Path, chat_format: str | None) -> ModelSpec:
    """An entry for ``--model-file``, from the file's own metadata; of several, any may be given.

    Raises ModelFileError.
    """
    # Not resolved: where files are links, only the links' names tell which parts belong together.
    first = splits.first(path.absolute())
    if path.is_file() and not first.is_file():
        splits.files(first)  # raises, and says that the first part is missing
    read_header(first)
    return ModelSpec(name=names.made_of(splits.stem(first)), path=first, chat_format=chat_format)


def spec_of_source(source: str, name: str | None, chat_format: str | None) -> ModelSpec:
    """An entry for ``models add``: a file of this machine, or OWNER/REPO/FILE on the hub."""
    path = Path(source).expanduser()
    if path.is_file() or source.startswith(("/", "./", "../", "~")):
        spec = spec_of_file(path, chat_format)
        return spec if name is None else spec.model_copy(update={"name": names.made_of(name)})
    parts = source.removeprefix("https://huggingface.co/").replace("/resolve/main/", "/").split("/")
    if len(parts) < 3 or not parts[-1].endswith(".gguf") or ".." in parts or "" in parts:
        raise HarnessError(
            f"'{source}' is neither a file here nor OWNER/REPO/FILE.gguf on the hub",
            "For example: harness models add TheBloke/CodeLlama-7B-Instruct-GGUF/"
            "codellama-7b-instruct.Q5_K_M.gguf",
        )
    file = "/".join(parts[2:])
    return ModelSpec(
        name=names.made_of(name or splits.stem(Path(file))),
        hf="/".join(parts[:2]),
        file=splits.names(file)[0],
        chat_format=chat_format,
    )
