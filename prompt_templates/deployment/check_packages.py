"""Whether requirements.txt is a list that pip can read, of all that the service needs."""

import ast
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

SERVER = "uvicorn"  # nothing imports it: the Dockerfile starts the app with it


def check(artifacts: Path) -> Iterator[tuple[str, bool, None, str]]:
    listed, foreign = read((artifacts / "requirements.txt").read_text(errors="replace"))
    yield "pip can read it", not foreign, None, "; ".join(foreign[:1])
    there = with_their_needs(listed)
    lost = sorted(names[0] for names in needed(artifacts / "app.py") if there.isdisjoint(names))
    said = (
        f"{', '.join(lost)} is not listed" if len(lost) == 1 else f"not listed: {', '.join(lost)}"
    )
    yield "names what the app needs", not lost, None, said if lost else ""


def read(text: str) -> tuple[set[str], list[str]]:
    """The packages, and what is wrong with other lines."""
    listed, foreign = set(), []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.split(" #")[0].strip().rstrip("\\").strip()
        if not bare or bare.startswith(("#", "-")):  # an option of pip
            continue
        try:
            listed.add(canonicalize_name(Requirement(bare.split(" --")[0]).name))
        except InvalidRequirement:
            foreign.append(f"line {number} is no requirement: {bare[:60]}")
    return listed, foreign


def needed(app: Path) -> list[list[str]]:
    """For each installed module that the service imports, the packages it may come from."""
    try:
        nodes = list(ast.walk(ast.parse(app.read_text(errors="replace"))))
    except (OSError, SyntaxError, ValueError):  # other checks speak of a service that is no Python
        nodes = []
    modules = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    modules |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    tops = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    whose = metadata.packages_distributions()
    found = [[canonicalize_name(one) for one in whose[name]] for name in tops if name in whose]
    return [*found, [SERVER]]


def with_their_needs(listed: set[str]) -> set[str]:
    """These packages, and those that pip installs with them."""
    found, waiting = set(listed), list(listed)
    while waiting:
        try:
            needs = [Requirement(text) for text in metadata.requires(waiting.pop()) or ()]
        except metadata.PackageNotFoundError:  # not installed here, so nothing is known of it
            continue
        plain = {one for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})}
        new = {canonicalize_name(one.name) for one in plain} - found
        found |= new
        waiting += new
    return found
