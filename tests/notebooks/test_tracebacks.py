"""The line that an error points to, in tracebacks that kernels printed."""

from __future__ import annotations

import json

import pytest
from conftest import REPOSITORY
from notebook_text import failed, passed

from harness.notebooks import tracebacks
from harness.notebooks.tracebacks import SourceLine
from harness.records import CellResult

RULE = "-" * 75 + "\n"
CHAINED = (
    RULE
    + """\
KeyError                                  Traceback (most recent call last)
File /lib/python3.11/site-packages/pandas/core/indexes/base.py:3816, in Index.get_loc(self, key)
   3815 try:
-> 3816     return self._engine.get_loc(casted_key)
   3817 except KeyError as err:

KeyError: 'b'

The above exception was the direct cause of the following exception:

KeyError                                  Traceback (most recent call last)
Cell In[2], line 2
      1 df = pd.DataFrame({'a':[1]})
----> 2 f(df)

Cell In[1], line 4, in f(frame)
      2 def f(frame):
      3     # the column is not there
----> 4     return frame['b']

File /lib/python3.11/site-packages/pandas/core/indexes/base.py:3823, in Index.get_loc(self, key)
   3822         raise InvalidIndexError(key) from err
-> 3823     raise KeyError(key) from err

KeyError: 'b'"""
)
CALL = (
    RULE
    + """\
KeyError                                  Traceback (most recent call last)
Cell In[7], line 3
      1 x = pd.DataFrame(
      2     {'a': [1]},
----> 3 ).drop(
      4     columns=['zz'],
      5 )

File /lib/python3.11/site-packages/pandas/core/frame.py:6974, in DataFrame.drop(self, labels)
   6973
-> 6974         return super().drop(

KeyError: "['zz'] not found in axis\""""
)
COMPREHENSION = (
    RULE
    + """\
ValidationError                           Traceback (most recent call last)
Cell In[1], line 4
      2 records = [{}]
      3 x = 1
----> 4 fitting = [Record(**record) for record in records]

Cell In[1], line 4, in <listcomp>(.0)
----> 4 import json
      5 import pandas

File /lib/python3.11/site-packages/pydantic/main.py:280, in BaseModel.__init__(self, **data)
--> 280 validated_self = self.__pydantic_validator__.validate_python(data, self_instance=self)

ValidationError: 1 validation error for Record"""
)
INDENTED = """\
  Cell In[8], line 2
    print(1)
    ^
IndentationError: expected an indented block after 'if' statement on line 1
"""
MISLEADING = (
    RULE
    + """\
ValueError                                Traceback (most recent call last)
Cell In[5], line 1
----> 1 raise ValueError(text)

ValueError: chained

Cell In[9], line 9
----> 9 not_mine()"""
)
EXIT = "An exception has occurred, use %tb to see the full traceback.\n\nSystemExit: 3\n"


def cell(traceback: str | None, message: str = "", error: str = "KeyError") -> CellResult:
    return failed("a", error, message).model_copy(update={"traceback": traceback})


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (cell(CHAINED, "'b'"), SourceLine(1, 4, "return frame['b']")),
        (cell(CALL, "\"['zz'] not found in axis\""), SourceLine(7, 3, ").drop(")),
        (cell(INDENTED, error="IndentationError"), SourceLine(8, 2, "print(1)")),
        (
            cell(COMPREHENSION, "1 validation error for Record", "ValidationError"),
            SourceLine(1, 4, "fitting = [Record(**record) for record in records]"),
        ),
        (cell(EXIT, "3", "SystemExit"), None),
        (cell(CHAINED[-300:], "'b'"), None),  # the record keeps the end of a long traceback
        (cell(None), None),
        (passed("a"), None),
    ],
)
def test_the_innermost_line_is_of_a_cell(result: CellResult, line: SourceLine | None) -> None:
    assert tracebacks.innermost_line(result) == line


def test_a_message_that_looks_like_a_frame_is_none() -> None:
    message = "chained\n\nCell In[9], line 9\n----> 9 not_mine()"
    found = tracebacks.innermost_line(cell(MISLEADING, message, "ValueError"))
    assert found == SourceLine(5, 1, "raise ValueError(text)")


def test_every_stored_failure_points_to_a_line_of_its_notebook() -> None:
    checked = 0
    for path in REPOSITORY.glob("generated/*/*/*/run.json"):
        notebook = json.loads((path.parent / "raw.ipynb").read_text())
        sources = {one.get("execution_count"): one["source"] for one in notebook["cells"]}
        for one in json.loads(path.read_text())["raw"]["cells"]:
            if one["traceback"]:
                line = tracebacks.innermost_line(CellResult.model_validate(one))
                assert line is not None
                assert sources[line.execution_count][line.number - 1].strip() == line.text
                checked += 1
    assert checked


@pytest.mark.parametrize(
    ("error", "message", "said"),
    [
        (
            "SyntaxError",
            "incomplete input (3985510281.py, line 2)",
            "SyntaxError: incomplete input",
        ),
        ("OSError", "cannot read (app.py, line 2)", "OSError: cannot read (app.py, line 2)"),
        ("AssertionError", "", "AssertionError"),
    ],
)
def test_an_error_is_one_phrase_without_the_kernels_name_of_a_cell(
    error: str, message: str, said: str
) -> None:
    assert tracebacks.error_of(failed("a", error, message)) == said
