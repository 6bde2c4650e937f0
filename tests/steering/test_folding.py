"""What was taken back stands folded below the cell it was taken from, and can break nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from harness.notebooks import jupyter
from harness.notebooks.notebook import Notebook
from harness.notebooks.replies import cells_of
from harness.records import Completion, Level, Reply, Steered, SteeringKind, TakenBack
from harness.steering import folding

TEXT = "So:\n```python\na = 1\n```\nThen\n```python\nb.c\n```\n"


def taken(text: str = "bad_", at: int = 0, message: str = "no 'bad_'", **more: object) -> TakenBack:
    given = {"level": Level.NAME, "tried": 0, "by": "run", "error": "AttributeError", **more}
    return TakenBack.model_validate({"at": at, "text": text, "message": message, **given})


def reply(*pieces: TakenBack, left: tuple[TakenBack, ...] = ()) -> Reply:
    completion = Completion(
        text=TEXT, finish="stop", prompt_tokens=1, completion_tokens=1, seconds=0.0, seed=1
    )
    steered = Steered(kind=SteeringKind.TOKENS, taken_back=pieces, left=left)
    return Reply(step="load", completion=completion, steered=steered)


def notes(*pieces: TakenBack, left: tuple[TakenBack, ...] = ()) -> dict[str, str]:
    return folding.notes(cells_of("load", "p", TEXT), [reply(*pieces, left=left)])


@pytest.mark.parametrize(
    ("at", "cell"),
    [(0, "load-002"), (16, "load-002"), (TEXT.index("b.c"), "load-004"), (99, "load-004")],
)
def test_a_note_stands_below_the_cell_it_is_of(at: int, cell: str) -> None:
    assert list(notes(taken(at=at))) == [cell]


def test_a_note_says_what_why_and_what_then() -> None:
    text = notes(taken(), left=(taken("bad()", message="dead"),))["load-002"]
    head = "1 piece was taken back while the cell above was written, and 1 that failed stayed"
    assert f"<summary>↶ Steering: {head}</summary>" in text
    assert "1.</strong> AttributeError: no &#x27;bad_&#x27;; the name was written anew" in text
    assert "```python\nbad_\n```" in text
    assert "dead; it stays, after the last try" in text


@pytest.mark.parametrize("text", ["</details>\n# x", "```\n</details>\n", "`````\n\n<b>", "\x1b"])
def test_hostile_text_stays_inside_its_fold(text: str) -> None:
    note = notes(taken(text, message=f"</p></details>{text}<script>"))["load-002"]
    rendered = MarkdownIt().render(note)
    assert rendered.count("</details>") == rendered.count("<details>") == 1
    assert rendered.rstrip().endswith("</details>")
    assert "<script>" not in rendered
    assert "<b>" not in rendered


def test_a_notebook_with_notes_is_read_back_without_them() -> None:
    cells = cells_of("load", "p", TEXT)
    made = jupyter.build(Notebook(cells), {}, {}, notes=notes(taken()))
    kinds = [cell.cell_type for cell in made.cells]
    assert kinds == ["markdown", "markdown", "code", "markdown", "markdown", "code"]
    saved = jupyter.read(jupyter.dump(made), Path("raw.ipynb"))
    assert not saved.is_edited
    assert [one.id for one in saved.notebook.cells] == [one.id for one in cells]


def test_a_reply_that_was_not_stepped_back_has_none() -> None:
    assert notes() == {}
