"""Whether requirements.txt is a list that pip can read, of what the service was tried with."""

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
    said = f"not listed: {', '.join(lost)}" if lost else ""
    yield "names what the app needs", not lost, None, said
    barred = [told for one in listed if (told := other_version(one))]
    yield "allows the versions it was tried with", not barred, None, "; ".join(barred[:3])


def read(text: str) -> tuple[list[Requirement], list[str]]:
    """The requirements, and what is wrong with other lines."""
    listed, foreign = [], []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.split(" #")[0].strip().rstrip("\\").strip()
        if not bare or bare.startswith(("#", "-")):  # an option of pip
            continue
        try:
            listed.append(Requirement(bare.split(" --")[0]))
        except InvalidRequirement:
            foreign.append(f"line {number} is no requirement: {bare[:60]}")
    return listed, foreign


def other_version(one: Requirement) -> str | None:
    """What is installed here, where the service was tried, and the requirement shuts out."""
    try:
        here = metadata.version(one.name)
    except metadata.PackageNotFoundError:  # so nothing was tried with it
        return None
    return None if one.specifier.contains(here, prereleases=True) else f"{one}, tried with {here}"


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


def with_their_needs(listed: list[Requirement]) -> set[str]:
    """The names of these packages, and of those that pip installs with them and their extras."""
    found: set[tuple[str, str]] = set()  # with an extra, or with none
    waiting = list(listed)
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        new = {(name, extra) for extra in ("", *one.extras)} - found
        found |= new
        try:
            needs = [Requirement(text) for text in metadata.requires(name) or ()] if new else []
        except metadata.PackageNotFoundError:  # not installed here, so nothing is known of it
            continue
        waiting += [
            need
            for need in needs
            if any(not need.marker or need.marker.evaluate({"extra": extra}) for _, extra in new)
        ]
    return {name for name, _ in found}
