"""A hook of mkdocs: every decision record is in the navigation, without a line in mkdocs.yml."""

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Put the records behind the list that introduces them, and the ladder where it is measured."""
    docs = Path(config["docs_dir"])
    records = sorted(docs.glob("decisions/[0-9]*.md"))
    decisions = next(one["Decisions"] for one in config["nav"] if "Decisions" in one)
    decisions += [path.relative_to(docs).as_posix() for path in records]
    if (docs / "ladder.md").is_file():
        config["nav"].insert(config["nav"].index("results.md"), "ladder.md")
    return config
