"""An entry is added to models.toml, and the rest of the file stays as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.project import models
from harness.records import ModelSpec, Sampling

SPEC = ModelSpec(
    name="q2.5-b",
    hf="o/r",
    file='ünï "q".gguf',
    n_ctx=1024,
    parts=("a", "b"),
    sampling=Sampling(temperature=0.5),
)


@pytest.mark.parametrize(
    "text",
    [
        'default = "a"  # ours\n\n[models.a]\npath = "x"\n',
        'default="a"\n[models."a"]\npath   =  \'x\'  # here',
        'default = "a"\r\n[models.a]\r\npath = "x"\r\n',
        'default = "a"\nmodels.a.path = "x"\n',
        '# top\ndefault = "a"\n[models]\n[models.a]\npath = "x"\nsampling = { top_k = 3 }\n# end',
    ],
)
def test_the_rest_stays_as_written(project: Path, text: str) -> None:
    path = project / models.FILE
    path.write_bytes(text.encode())
    models.add(project, SPEC)
    assert path.read_bytes().startswith(text.encode())
    listed = models.load(project)
    assert list(listed.models) == ["a", SPEC.name]
    assert listed.models[SPEC.name] == SPEC


def test_an_entry_among_inline_ones_is_inline(project: Path) -> None:
    path = project / models.FILE
    path.write_text('default = "a"\nmodels = { a = { path = "x" } }\n')
    models.add(project, SPEC)
    assert models.load(project).models[SPEC.name] == SPEC


def test_a_name_that_is_taken_changes_nothing(project: Path) -> None:
    before = (project / models.FILE).read_bytes()
    with pytest.raises(HarnessError, match="already has a model named"):
        models.add(project, SPEC.model_copy(update={"name": "smollm2-135m-instruct"}))
    assert (project / models.FILE).read_bytes() == before
