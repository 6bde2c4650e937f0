"""An engine is found by being there, and only the one that is asked for is imported."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import REPOSITORY

from harness import engines, wiring
from harness.engines.scripted import ScriptedEngine
from harness.errors import EngineError, UnknownNameError
from harness.project import models
from harness.records import Message, ModelIdentity, Sampling
from harness.weights import sources
from harness.wiring.engines import MODULES

FOLDER = REPOSITORY / "harness" / "engines"
ASK = [Message(role="user", content="Hello?")]
Write = Callable[[str, str], None]


def identity(kind: str, **more: object) -> ModelIdentity:
    about = {"name": "m", "sha256": "0" * 64, "size": 1, "file": "m.json", "n_ctx": 1000}
    return ModelIdentity.model_validate({**about, "kind": kind, **more})


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "m.json"
    path.write_text('["Hello."]')
    return path


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a module that counts as one of engines/."""
    folder = tmp_path / "engines"
    folder.mkdir()
    monkeypatch.setattr(engines, "__path__", [*engines.__path__, str(folder)])

    def write(name: str, source: str) -> None:
        (folder / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, f"harness.engines.{name}", raising=False)

    return write


def test_an_engine_is_added_by_copying_the_smallest(
    project: Path, two_steps: Path, tmp_path: Path
) -> None:
    package = tmp_path / "copy" / "harness"
    shutil.copytree(REPOSITORY / "harness", package, ignore=shutil.ignore_patterns("__pycache__"))
    smallest = (package / "engines/scripted.py").read_text()
    changed = smallest.replace("reply, prompt = replies[turn - 1],", "reply, prompt = SAID,")
    assert changed != smallest
    said = '```python\nopen("out.csv", "w").write("parrot")\n```'
    (package / "engines/parrot.py").write_text(f"{changed}\n\nSAID = {said!r}\n")
    (project / "replies.json").write_text('["Never said.", "Nor this."]')
    with (project / "models.toml").open("a") as listed:
        listed.write('\n[models.polly]\nengine = "parrot"\npath = "replies.json"\n')

    done = subprocess.run(
        [sys.executable, "-m", "harness", "generate", "--stage", "tiny", "--model", "polly"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (record,) = project.glob("generated/polly/tiny/*/run.json")
    run = json.loads(record.read_text())
    assert [reply["completion"]["text"] for reply in run["replies"]] == [said, said]
    assert [cell["status"] for cell in run["raw"]["cells"]] == ["ok", "ok"]
    assert (run["model"]["kind"], run["model"]["file"]) == ("parrot", "replies.json")


@pytest.mark.parametrize("entry", [one for one in FOLDER.iterdir() if one.stem[:2] != "__"])
def test_every_module_of_engines_builds_one(entry: Path) -> None:
    source = entry / "engine.py" if entry.is_dir() else entry
    tops = ast.parse(source.read_text()).body
    (build,) = [one for one in tops if isinstance(one, ast.FunctionDef) and one.name == "build"]
    assert [one.arg for one in build.args.args] == ["setup"]


def test_no_other_engine_is_imported(script: Path) -> None:
    said = f"""
import sys
from pathlib import Path
from harness import wiring
from harness.records import ModelIdentity
wiring.engine(ModelIdentity.model_validate_json({identity("script").model_dump_json()!r}),
              Path({str(script)!r}))
print([one for one in sys.modules if one.startswith("harness.engines.")])
"""
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['harness.engines.scripted']"


def test_a_name_that_is_none_is_one_line(script: Path, module: Write) -> None:
    module("parrot", "")
    with pytest.raises(UnknownNameError, match=r"no engine named 'parot'.*'parrot'"):
        wiring.engine(identity("parot"), script)


@pytest.mark.parametrize(
    ("source", "said"),
    [("import nowhere_to_be_found", "nowhere_to_be_found"), ("", "no attribute 'build'")],
)
def test_a_module_that_is_no_engine_is_one_line(
    script: Path, module: Write, source: str, said: str
) -> None:
    module("broken", source)
    with pytest.raises(EngineError, match=f"'broken' cannot be used.*{said}") as caught:
        wiring.engine(identity("broken"), script)
    assert "\n" not in str(caught.value)


def test_options_reach_the_engine(project: Path, module: Write) -> None:
    module("echo", "def build(setup): return setup")
    with (project / "models.toml").open("a") as listed:
        listed.write('\n[models.e]\nengine = "echo"\noptions = { layers = 3, names = ["a"] }\n')
    path, found = sources.resolve(models.find(models.load(project), "e"), project)
    setup: object = wiring.engine(found, path, concurrent=5)
    assert setup.identity.options == {"layers": 3, "names": ["a"]}  # type: ignore[attr-defined]
    assert setup.concurrent == 5  # type: ignore[attr-defined]
    assert ModelIdentity.model_validate_json(found.model_dump_json()) == found


def test_names_that_models_toml_has_keys_for_are_their_kinds() -> None:
    assert set(models.OWN_KEYS) == set(MODULES)


def test_closing_a_conversation_leaves_the_engine_to_the_others(script: Path) -> None:
    class Closing(ScriptedEngine):
        closed = False

        def of_stage(self, stage: str) -> ScriptedEngine:
            return self

        def close(self) -> None:
            self.closed = True

    engine = Closing(script)
    wiring.preload(engine)
    first, second = (wiring.conversation(engine, order, 2, "eda") for order in (0, 1))
    first.close()
    assert not engine.closed
    (reply,) = second.complete(ASK, Sampling(), [1], lambda _: None)
    assert reply.text == "Hello."
