"""Every shape of reply has a decided outcome."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.notebooks import fences
from harness.notebooks.replies import cells_of
from harness.records import Found


def code(reply: str) -> list[str]:
    return [cell.source for cell in cells_of("s", "p", reply) if cell.kind == "code"]


def prose(reply: str) -> list[str]:
    return [cell.source for cell in cells_of("s", "p", reply)[1:] if cell.kind == "markdown"]


def test_prose_and_fences_alternate_in_order() -> None:
    reply = "First.\n\n```python\na = 1\n```\n\nThen.\n\n```python\nb = 2\n```\nEnd."
    kinds = [(cell.kind, cell.source) for cell in cells_of("load", "Do it", reply)]
    assert kinds == [
        ("markdown", "**Prompt: load**\n\n> Do it"),
        ("markdown", "First."),
        ("code", "a = 1"),
        ("markdown", "Then."),
        ("code", "b = 2"),
        ("markdown", "End."),
    ]


@pytest.mark.parametrize(
    "info",
    ["python", "Python", "py", "python3", "ipython", "{python}", "python title=x", "py:a.py"],
)
def test_languages_that_are_python(info: str) -> None:
    assert code(f"```{info}\nx = 1\n```") == ["x = 1"]


@pytest.mark.parametrize("info", ["bash", "json", "sql", "dockerfile", "text", "pythonic", "r"])
def test_other_languages_stay_prose(info: str) -> None:
    reply = f"See:\n```{info}\nx = 1\n```"
    assert code(reply) == []
    assert prose(reply) == [reply]


def test_no_language_is_code_where_it_parses_as_statements() -> None:
    assert code("```\nimport pandas as pd\n!ls\ndf = pd.DataFrame()\n```")
    assert code("```\nprint(1)\n```") == ["print(1)"]


@pytest.mark.parametrize("shown", ["0  Yes  1869", "42", "(7043, 21)", "customerID  gender", "x"])
def test_no_language_is_prose_where_it_shows_output(shown: str) -> None:
    assert code(f"```\n{shown}\n```") == []


def test_an_unclosed_fence_ends_with_the_reply_and_is_marked() -> None:
    cells = cells_of("s", "p", "Look:\n```python\nx = 1\nfor y in")
    assert cells[-1].source == "x = 1\nfor y in"
    assert cells[-1].unclosed


def test_closed_fences_are_not_marked() -> None:
    replies = [
        "```python\nx\n```",
        "~~~py\nx\n~~~",
        "- a\n  ```python\n  x\n  ```",
        "````py\nx\n````",
    ]
    assert not any(cell.unclosed for reply in replies for cell in cells_of("s", "p", reply))


def test_a_fence_inside_a_longer_one_is_text_of_the_outer() -> None:
    reply = '````python\ntext = """\n```python\ninner\n```\n"""\n````'
    assert code(reply) == ['text = """\n```python\ninner\n```\n"""']


def test_a_fence_inside_a_list_is_dedented() -> None:
    reply = "1. Load:\n\n   ```python\n   if x:\n       y = 1\n   ```\n2. Done."
    assert code(reply) == ["if x:\n    y = 1"]


@pytest.mark.parametrize("tag", ["</summary>", "</details>", "<div>", "<br/>", "</think>"])
def test_a_fence_right_behind_a_line_of_html_is_code(tag: str) -> None:
    assert code(f"Look:\n\n{tag}\n```python\nx = 1\n```\n")[-1:] == ["x = 1"]


def test_a_fence_in_an_html_comment_is_none() -> None:
    assert code("<!--\n```python\nold = 1\n```\n-->\n```python\nx = 1\n```") == ["x = 1"]
    assert code("<!-- never closed\n```python\nx = 1\n```") == ["x = 1"]


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u2060\u200b", "\u00a0", "\u00ad"])
def test_what_cannot_be_seen_does_not_hide_a_fence(unseen: str) -> None:
    reply = f"{unseen}```{unseen}python{unseen}\nx = 1\n{unseen}```{unseen}\nText."
    assert (code(reply), prose(reply)) == (["x = 1"], ["Text."])


def test_a_fence_behind_text_is_code_where_it_closes() -> None:
    reply = "First: ```python\nx = 1\n```\nThen: ```python\ny = 2\n```\nEnd."
    assert (code(reply), prose(reply)) == (["x = 1", "y = 2"], ["First: ", "Then: ", "End."])
    assert code("Write ```python\nand your code behind it.") == []


NESTED = """```python
text = '''# App

```bash
pip install fastapi
```

It's done.

```python
import app
```
'''
write(text)
```
Done.

```python
y = 2
```"""


def test_a_fence_that_ends_inside_a_string_goes_on_to_a_later_end() -> None:
    first, second = cells_of("s", "p", NESTED)[1], cells_of("s", "p", NESTED)[3]
    assert first.source == NESTED.split("\n```\nDone.", maxsplit=1)[0].removeprefix("```python\n")
    assert (first.found, first.unclosed) == (Found.INNER_FENCE, False)
    assert (second.source, second.found) == ("y = 2", None)
    assert prose(NESTED) == ["Done."]


def test_a_broken_string_takes_nothing_of_what_follows() -> None:
    reply = "```python\nx = '''open\n```\nText\n```python\ny = 2\n```\n```python\nz = 3\n```"
    assert code(reply) == ["x = '''open", "y = 2", "z = 3"]


def test_a_file_that_a_cell_writes_may_hold_fences() -> None:
    source = "%%writefile README.md\n# App\n```bash\nls\n```\nEnd"
    assert code(f"```python\n{source}\n```\nText") == [source]


@pytest.mark.parametrize(
    ("reply", "cells", "words"),
    [
        ("```python\nprint(1)```\nText.", ["print(1)"], ["Text."]),
        ("```python\nx = 1\n``` and so on\nText.", ["x = 1"], ["and so on", "Text."]),
        ("```python\nx = 1\n```<|im_end|>", ["x = 1"], []),
        ("<answer>```python\nx = 1\n```</answer>", ["x = 1"], ["<answer>", "</answer>"]),
        ("```python\nx = 1\n```python\ny = 2\n```", ["x = 1", "y = 2"], []),
        ("```python import os\nx = 1\n```", ["import os\nx = 1"], []),
        ("- ```python\n      x = 1\n      y = 2\n  ```", ["x = 1\ny = 2"], []),
        ("    ```python\n    x = 1\n    ```\nText.", ["x = 1"], ["Text."]),
        ("> ```python\n> x = 1\n> ```\nText.", ["x = 1"], ["Text."]),
    ],
)
def test_ragged_fences(reply: str, cells: list[str], words: list[str]) -> None:
    assert (code(reply), prose(reply)) == (cells, words)


@pytest.mark.parametrize("data", ["name: churn\ntarget: Churn", "[project]\nname = 'churn'"])
def test_no_language_is_prose_where_it_is_data(data: str) -> None:
    assert code(f"```\n{data}\n```") == []


@given(st.text(alphabet="`~ \npyx=1>-", max_size=80))
def test_fences_at_the_margin_are_those_of_commonmark(reply: str) -> None:
    lines = ["", *[line.strip(" >-") for line in reply.split("\n")]]
    while lines and not lines[-1]:  # they take an end without text out of an open fence
        lines.pop()
    theirs = [
        tuple(token.map)
        for token in MarkdownIt("commonmark").parse("\n".join(lines))
        if token.type == "fence" and token.map
    ]
    ours = [(one.first, one.end) for one in fences.fences(lines)]
    assert ours == theirs or any(one.found for one in fences.fences(lines))


def test_code_indented_by_four_spaces_stays_prose() -> None:
    assert code("Run:\n\n    x = 1\n") == []


@pytest.mark.parametrize("info", ["python", "pycon", ""])
def test_doctest_prompts_keep_only_the_statements(info: str) -> None:
    reply = f"```{info}\n>>> for x in [1]:\n...     print(x)\n1\n>>> y = 2\n```"
    assert code(reply) == ["for x in [1]:\n    print(x)\ny = 2"]


def test_install_commands_stay_in_their_cell_and_are_listed() -> None:
    source = "!pip install -q \\\n    pandas\nx = 1"
    cell = cells_of("s", "p", f"```python\n{source}\n```")[1]
    assert (cell.source, cell.installs) == (source, ("!pip install -q pandas",))


def test_shell_lines_are_left_to_the_kernel() -> None:
    assert code("```python\n!ls -la\n```") == ["!ls -la"]


def test_an_empty_reply_leaves_only_its_prompt() -> None:
    assert [cell.origin for cell in cells_of("s", "p", "")] == ["prompt"]


def test_a_reply_without_code_is_one_markdown_cell() -> None:
    assert prose("Just words.\n\nMore words.") == ["Just words.\n\nMore words."]


def test_empty_fences_make_no_cell() -> None:
    assert code("```python\n\n```") == []


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_foreign_line_ends(end: str) -> None:
    assert code(f"A{end}```python{end}x = 1{end}y = 2{end}```{end}") == ["x = 1\ny = 2"]


def test_a_hundred_thousand_lines() -> None:
    body = "\n".join(f"x{i} = {i}" for i in range(100_000))
    assert code(f"```python\n{body}\n```")[0].count("\n") == 99_999


def test_ten_thousand_fences_are_ten_thousand_cells() -> None:
    assert len(code("```python\nx = 1\n```\n\nText.\n\n" * 10_000)) == 10_000


def test_ids_are_stable_and_valid() -> None:
    reply = "a\n```python\nx\n```"
    assert [cell.id for cell in cells_of("load", "p", reply)] == [
        "load-000",
        "load-001",
        "load-002",
    ]


@given(st.text(alphabet="`~ \n\r\tpy>x=1#*-0.\x0b\x0c\u2028", max_size=200))
def test_no_reply_breaks_it_and_no_code_line_is_invented(reply: str) -> None:
    for cell in cells_of("s", "p", reply)[1:]:
        for line in cell.source.split("\n"):
            assert line.strip() in reply
