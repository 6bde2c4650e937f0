"""The layout is the architecture: six layers, imports one way, no cycles, no outgrown rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "harness"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 300  # lines
LONGEST_FUNCTION = 50
MOST_ENTRIES = 23  # in harness/; the flow has steering, suites and findings beside its rooms
INIT_LINES = range(3, 16)  # of a room's docstring

# From the ground up; a room imports from its own layer (without cycles) and from those below.
LAYERS = (
    {"harness", "errors", "files", "machine", "records"},
    {"ports"},
    {"project", "profiles", "weights", "notebooks", "checks", "fixes", "steering", "findings"},
    {"runs", "wiring"},
    {"batch", "analysis", "suites"},
    {"cli", "__main__"},
)
ADAPTERS = ("engines", "executors", "batch.runners")
ADAPTERS_MAY_IMPORT = LAYERS[0] | LAYERS[1]


def dotted(path: Path) -> str:
    """``harness/runs/store.py`` as ``runs.store``; a package as its own name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "harness"


NAMES = {dotted(path): path for path in MODULES}


def room(module: str) -> str:
    """What a module counts as: an adapter, else the entry of harness/ that it is in."""
    adapter = next((one for one in ADAPTERS if f"{module}.".startswith(f"{one}.")), None)
    return adapter or module.split(".", maxsplit=1)[0]


def layer(module: str) -> int:
    found = [i for i, rooms in enumerate(LAYERS) if module in rooms]
    assert found, f"{module} is new: say in LAYERS what it may import, by its place"
    return found[0]


def imports(path: Path) -> Iterator[str]:
    """The modules of harness that a module imports, wherever in it that stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "harness":
            base = (node.module or "").removeprefix("harness").lstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                yield full if full in NAMES else base or "harness"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("harness."):
                    yield alias.name.removeprefix("harness.")


IMPORTS = {name: set(imports(path)) - {name} for name, path in NAMES.items()}


@pytest.mark.parametrize("module", sorted(NAMES))
def test_imports_point_downwards(module: str) -> None:
    own = room(module)
    used = {room(one) for one in IMPORTS[module]} - {own, "harness"}
    if own in ADAPTERS:
        assert used <= ADAPTERS_MAY_IMPORT
    elif own == "wiring":
        assert {one for one in used if one not in ADAPTERS and layer(one) >= layer(own)} == set()
    else:
        assert not used & set(ADAPTERS), "only the wiring knows adapters"
        assert not {one for one in used if layer(one) > layer(own)}


def test_rooms_do_not_import_each_other_in_a_circle() -> None:
    rooms: dict[str, set[str]] = {}
    for module, used in IMPORTS.items():
        others = {room(one) for one in used} - {room(module)}
        rooms.setdefault(room(module), set()).update(others)
    list(TopologicalSorter(rooms).static_order())  # raises CycleError, which names the circle


def test_no_modules_import_each_other_in_a_circle() -> None:
    # A package's __init__ only offers what its modules hold, so it is no stop on the way.
    graph = {
        name: {one for one in used if NAMES[one].name != "__init__.py"}
        for name, used in IMPORTS.items()
        if NAMES[name].name != "__init__.py"
    }
    list(TopologicalSorter(graph).static_order())


def test_opening_the_package_tells_the_story() -> None:
    entries = [path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= MOST_ENTRIES, sorted(entries)


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=dotted)
def test_a_room_says_what_is_in_it(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert said
    if path.parent.parent == PACKAGE:
        assert len(said.splitlines()) in INIT_LINES
        assert "mport" in said, "what may be imported from it"
        assert "copy" in said, "the smallest neighbour to copy"


def test_tests_mirror_the_rooms() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__", "records"}
    here = Path(__file__).parent
    assert {one for one in rooms if not list((here / one).glob("test_*.py"))} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_module_or_function_outgrows_its_room(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = (node.end_lineno or 0) - node.body[0].lineno + 1
            assert body <= LONGEST_FUNCTION, f"{node.name} has {body} lines"


def test_no_prompt_text_in_python() -> None:
    for path in MODULES:
        assert "You are a" not in path.read_text(), path


ELSEWHERE = ("rmtree", "mkdtemp", "TemporaryDirectory", "rglob", "os.walk")


@pytest.mark.parametrize("module", sorted(one for one in NAMES if not one.startswith("files.")))
def test_folders_are_made_walked_and_cleared_by_files(module: str) -> None:
    """What generated code leaves is too deep for recursion, and a killed owner's is collected."""
    text = NAMES[module].read_text()
    assert [word for word in ELSEWHERE if word in text] == []
