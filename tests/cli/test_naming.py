"""Models named by the beginning of their names, in every command that takes one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from conftest import Cli

pytestmark = pytest.mark.usefixtures("two_steps")
REPLIES = ["```python\nprint(1)\n```", "```python\nopen('out.csv', 'w').write('a')\n```"]


def test_the_beginning_of_a_models_name_is_enough(cli: Cli, script: Callable[..., str]) -> None:
    for name in ("quick", "quicker", "other"):
        script(REPLIES if name != "other" else REPLIES[:1] * 2, name)
    for name in ("quick", "oth"):
        done = cli("generate", "tiny", "--model", name, "--no-patch")
        assert done.returncode == 0, done.stderr
    made = json.loads(cli("runs", "--json").stdout)
    assert [one["model"] for one in made] == ["other", "quick"]
    refused = cli("generate", "tiny", "--model", "qui")
    assert refused.returncode == 1
    assert refused.stderr == (
        "harness: 2 models begin with 'qui': quick, quicker. Give more of the name\n"
    )
    # Runs are named by the models that have some.
    listed = json.loads(cli("runs", "--json", "--model", "q,nobody").stdout)
    assert [one["model"] for one in listed] == ["quick"]
    compared = json.loads(cli("compare", "qui", "o", "--json").stdout)
    assert compared["models"] == ["quick", "other"]
    assert [one["model"] for one in compared["works"][0]["models"]] == ["quick", "other"]
    assert cli("compare", "qui").returncode == 2
    assert "script" in cli("models", "show", "oth").stdout
    assert "no model with runs named 'x'" in cli("compare", "x", "o").stderr
