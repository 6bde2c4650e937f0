"""The layout is the architecture: imports point one way, and no room outgrows its house."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "harness"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 300  # lines
LONGEST_FUNCTION = 50

# A module imports from layers below its own only; a package stands for all in it.
LAYERS = (
    {"", "records", "errors"},
    {"ports", "files"},
    {"config", "gguf", "hub", "profiles", "artifacts", "machine", "syntax", "percent", "notebooks"}
    | {"engines", "executors", "runners", "report", "index"},
    {"fit", "weights", "models", "stages", "store", "replies", "failures", "drafts", "checks"},
    {"holdouts", "plans", "ledger", "fixes", "comparison", "export"},
    {"datasets", "generation", "execution", "generalise", "gate"},
    {"patching", "edits", "wiring", "scaffold", "desks", "reference"},
    {"pipeline", "minimise", "capture", "diffs", "checkup", "lineage"},
    {"comparing", "work", "matrix"},
    {"batch", "forecast"},
    {"cli"},
    {"__main__"},
)
ADAPTERS = {"engines", "executors", "runners"}
ADAPTERS_MAY_IMPORT = {"records", "errors", "ports"}


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py").replace("__init__", "")


def layer(module: str) -> int:
    found = [i for i, names in enumerate(LAYERS) if module in names]
    assert found, f"{module} is new: say in LAYERS what it may import, by its place"
    return found[0]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "harness":
            if node.module == "harness":
                found |= {alias.name if alias.name != "__version__" else "" for alias in node.names}
            else:
                found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.split(".")[1]
                for alias in node.names
                if alias.name.startswith("harness.")
            }
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    own = name(path)
    upward = {used for used in imports(path) - {own} if layer(used) >= layer(own)}
    assert not upward


@pytest.mark.parametrize("adapter", sorted(ADAPTERS))
def test_adapters_know_only_records_errors_and_ports(adapter: str) -> None:
    for path in (PACKAGE / adapter).rglob("*.py"):
        assert imports(path) - {adapter} <= ADAPTERS_MAY_IMPORT, path


def test_only_the_wiring_knows_adapters() -> None:
    knowing = {name(path) for path in MODULES if imports(path) & ADAPTERS} - ADAPTERS
    assert knowing == {"wiring"}


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
