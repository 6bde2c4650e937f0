"""Statements of a growing reply: those that its cells will have, each as soon as it is whole."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.notebooks.replies import cells_of
from harness.steering.reading import Reader, Statement, statements

LINES = (
    *("x = 1", "f(", "    a,", ")", "if x:", "    y = 2  # why", "else:", "    pass", "@dec"),
    *("def f(a):", "    return a", "class A:", "    b = 1", "try:", "except E:", "with a as b:"),
    *('s = """a', '"""', "```", "```python", "```bash", "~~~", "# note", "", "%time x", "!ls"),
    *("%%writefile a.py", "y = !ls", "await f()", "a = 1; b = 2", "It is so.", "x = \\", "p('a"),
    *("> ```python", "- ```py", "  ```", ">>> f(1)", "<think>", "</think>", "d = {", "}", "```md"),
)  # fmt: skip


def sources(text: str, *, ended: bool = True) -> list[str]:
    return [one.source for one in statements(text, ended=ended)]


def fenced(*lines: str) -> str:
    return "\n".join(["```python", *lines, "```", ""])


def growing(text: str) -> list[list[Statement]]:
    reader = Reader()
    return [list(reader.read(text[:at])) for at in range(len(text) + 1)]


def lines_of(source: str) -> list[str]:
    """All but what stands for nothing between statements."""
    kept = (line for line in source.split("\n") if line.strip())
    return [line for line in kept if not line.lstrip().startswith("#")]


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES)), st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_statements_of_an_ended_reply_are_the_code_of_its_cells(
    lines: list[str], end: str
) -> None:
    text = end.join(lines)
    found = [one.source for one in Reader().read(text, ended=True)]
    cells = [cell.source for cell in cells_of("s", "p", text) if cell.kind == "code"]
    told = [line for source in found for line in lines_of(source)]
    assert told == [line for source in cells for line in lines_of(source)]


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES)))
def test_a_reply_that_grows_is_read_as_one_that_is_there(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert growing(text)[-1] == Reader().read(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from([one for one in LINES if not set(one) & set("`~<")])))
def test_each_statement_knows_its_place(lines: list[str]) -> None:
    text = fenced(*lines)
    for one in Reader().read(text, ended=True):
        if one.start < one.end:
            assert text[one.start : one.end].split() == one.source.split()
            assert text[one.place(len(one.source)) - 1] == one.source[-1]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a = 1", "b = 2"], ["a = 1", "b = 2"]),
        (["f(", "  1,", ")", "b"], ["f(\n  1,\n)", "b"]),
        (["if a:", "  b", "elif c:", "  d", "else:", "  e", "f"],
         ["if a:\n  b\nelif c:\n  d\nelse:\n  e", "f"]),
        (["if a: b", "else: c"], ["if a: b\nelse: c"]),
        (["try:", "  a", "", "# why", "except B:", "  c", "finally:", "  d"],
         ["try:\n  a\n\n# why\nexcept B:\n  c\nfinally:\n  d"]),
        (["@a", "@b(", "  c)", "def f():", "  pass", "g"],
         ["@a\n@b(\n  c)\ndef f():\n  pass", "g"]),
        (["with a as b:", "\tc", "", "\td", "e"], ["with a as b:\n\tc\n\n\td", "e"]),
        (["a = 1; b = 2  # both"], ["a = 1; b = 2  # both"]),
        (["a = 1 + \\", "  2", "b"], ["a = 1 + \\\n  2", "b"]),
        (["s = '''x", "if y:", "'''", "b"], ["s = '''x\nif y:\n'''", "b"]),
        (["s = 'it''s (' # [", "b"], ["s = 'it''s (' # [", "b"]),
        (["!ls \\", "  -l", "%time f('", "b"], ["!ls \\\n  -l", "%time f('", "b"]),
        (["y = !echo it's", "b"], ["y = !echo it's", "b"]),
        (["%%time", "a", "", "b"], ["%%time\na\n\nb"]),
        (["async def f():", "  pass", "await f()"], ["async def f():\n  pass", "await f()"]),
        (["match = 1", "b"], ["match = 1", "b"]),
        (["match a:", "  case 1: b", "c"], ["match a:\n  case 1: b", "c"]),
        (["f(a", "import b", "c"], ["f(a", "import b", "c"]),
        (["f(a))", "b"], ["f(a))", "b"]),
        (["f('a", "b"], ["f('a", "b"]),
        (["!pip install a", "import a"], ["import a"]),
    ],
)  # fmt: skip
def test_where_statements_end(lines: list[str], expected: list[str]) -> None:
    assert sources(fenced(*lines)) == expected


@pytest.mark.parametrize(
    ("written", "finished"),
    [
        ("```python\na = 1", 0),
        ("```python\na = 1\n", 1),
        ("```python\nif a:\n  b\n", 0),
        ("```python\nif a:\n  b\nel", 0),
        ("```python\nif a:\n  b\ne", 0),
        ("```python\nif a:\n  b\nelements", 1),
        ("```python\nif a:\n  b\n\n# then\n", 0),
        ("```python\nif a:\n  b\n`", 1),
        ("```python\n@a\n", 0),
        ("```python\n@a\nd", 0),
        ("```python\n%%writefile a.py\nb = 1\nc", 0),
        ("```python\n%%writefile a.py\nb = 1\n```\n", 1),
        ("```\na = f()\n", 0),
        ("```\na = f()\n```\n", 1),
        ("```bash\na = f()\n```\n", 0),
        ("a = f()\n", 0),
        ("<think>\n```python\na = 1\n```\n", 0),
        ("```python\na = 1\n```\n</think>\n", 0),
        ("```python\r\na = 1\r", 0),
        ("```python\r\na = 1\r\n", 1),
        ("```python\ns = '''\n```\n", 0),
        ("```python\ns = '''\n```\n'''\n", 1),
        ("- ```python\n  a = 1\n", 0),
        ("- ```python\n  a = 1\n  ```\n", 1),
    ],
)
def test_what_is_finished_while_it_is_written(written: str, finished: int) -> None:
    assert len(sources(written, ended=False)) == finished


def test_code_in_other_dress_is_found_at_the_end() -> None:
    text = "So:\n\nimport pandas as pd\ndf = pd.read_csv('a')\n"
    assert sources(text, ended=False) == []
    assert sources(text) == ["import pandas as pd", "df = pd.read_csv('a')"]
    assert [text[one.start : one.end] for one in statements(text, ended=True)] == sources(text)


def test_the_statement_that_is_being_written_is_known() -> None:
    reader = Reader()
    reader.read("```python\na = 1\nif a:\n    b.c")
    one = reader.unfinished()
    assert one is not None
    assert (one.before, one.source, one.start) == ("a = 1\n", "if a:\n    b.c", 16)


@pytest.mark.parametrize("line", ["x = 1", "f(", "'''", "```python", "    y", "%%time", "<think>"])
def test_reading_takes_time_in_line_with_the_reply(line: str) -> None:
    reader, text, started = Reader(), "```python\n", time.monotonic()
    for _ in range(8_000):
        text += f"{line}\n"
        reader.read(text)
    assert time.monotonic() - started < 10  # a minute and more, were lines read again and again
