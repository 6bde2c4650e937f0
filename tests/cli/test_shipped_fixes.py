"""The shipped fixes on what the embedded model wrote, through the whole command line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import REAL_TABLE, Cli, real_table

Script = Callable[..., str]
REPLIES = Path(__file__).parents[1] / "data"


def record(cli: Cli) -> dict:
    (run,) = json.loads(cli("runs", "--json").stdout)
    return json.loads((Path(run["path"]) / "run.json").read_text())


@pytest.mark.parametrize(
    ("where", "stage"),
    [
        pytest.param("real", "modeling", marks=real_table),
        ("twin", "eda"),
        ("twin", "modeling"),
        ("twin", "deployment"),
    ],
)
def test_the_shipped_fixes_mend_what_the_embedded_model_writes(
    cli: Cli, script: Script, where: str, stage: str
) -> None:
    if where == "real":
        assert cli("data", "import", "telco", REAL_TABLE).returncode == 0
    script(json.loads((REPLIES / f"{where}_{stage}.json").read_text()))
    done = cli("generate", "--stage", stage)
    assert done.returncode == 0, done.stderr
    assert "Outcome   passed with fixes\n" in done.stdout
    made = record(cli)
    patched = made["patched"]["execution"]
    assert [(c["name"], c["status"]) for c in patched["checks"] if c["status"] != "passed"] == []
    assert {c["status"] for c in patched["cells"]} == {"ok"}
    assert made["outcome"] == "patched"
    shown = {tuple(line.split()[:2]) for line in done.stdout.splitlines() if line}
    verdicts = {(one["fix"], one["verdict"]) for one in made["patched"]["verdicts"]}
    telling = {one for one in verdicts if one[1] in ("applied", "conflict")}
    assert shown & verdicts == telling
    others = Counter(verdict for _, verdict in verdicts - telling)
    assert not others or f"Other fixes: {others['obsolete']} obsolete\n" in done.stdout
    share = json.loads(cli("ledger", "--json").stdout)[0]["share"]
    assert 0 < share < 0.6
    # Scripts are models of their own: of the stages before there is only the reference.
    assert {one["source"] for one in made["needs"]} <= {"reference", "missing"}
