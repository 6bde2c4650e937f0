"""What stands behind ``When: fails:`` is bounded in time and memory, whoever wrote it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.fixes import conditions, files
from harness.records import CellResult, CellStatus, When

FIX = """Description: Why
Author: A Person
Date: 2026-11-24
Cause: syntax
When: fails: {pattern}

--- a/eda.py
+++ b/eda.py
@@ -1,2 +1,2 @@ load-001
 # %%
-x
+y
"""


def read(folder: Path, pattern: str) -> When:
    path = folder / "fixes/eda/010-a.patch"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FIX.format(pattern=pattern))
    return files.read(path).when


def failed(message: str) -> CellResult:
    return CellResult(
        cell="load-001",
        step="load",
        first_line="x",
        status=CellStatus.ERROR,
        error="ValueError",
        message=message,
        seconds=0.0,
    )


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "((a*)*)*b",
        "(?:(?:(?:(?:a?){999}){999}){999}){999}",
        "(a{1,1000}){1,1000}b",
        "(?:a(?R)?)+b",
        "(?P<n>a(?&n)*)b",
        "(a?){60000}a{60000}",
        "a{99999999}",
        r"([\]a)*]+)+b",
        "(?x)(?:(?:a?){999} ){999}",
        "(?:(?:a?){999}(?#x)){999}",
    ],
)
def test_what_would_run_away_is_refused_where_it_is_read(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"010-a\.patch:5: When: ") as caught:
        read(tmp_path, pattern)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("no attribute '.*map'", "module has no attribute 'x.map'"),
        ("could not convert (string|str) to float: '.*'", "could not convert string to float: 'a'"),
        (r"(KeyError|ValueError).*\(?['\"]Churn['\"]", "no 'Churn' here"),
        (r"[(+*{]{2}", "found ((in it"),
        (r"x{2,3}(-[a-z])?\+", "xx-b+"),
        (r"(ab){2}", "abab"),
    ],
)
def test_what_people_write_is_searched_for(tmp_path: Path, pattern: str, message: str) -> None:
    assert conditions.fails_so(read(tmp_path, pattern).pattern, failed(message))
    assert not conditions.fails_so(read(tmp_path, pattern).pattern, failed("something else"))


@pytest.mark.parametrize("pattern", ["(a|a|aa)+b", r"(a)\1*\1*\1*\1*\1*\1*\1*b", "a*a*a*a*a*a*a*b"])
def test_what_takes_too_long_holds_nowhere_and_is_tried_once(tmp_path: Path, pattern: str) -> None:
    when = read(tmp_path, pattern)
    started = time.process_time()
    for _ in range(20):
        assert not conditions.fails_so(when.pattern, failed("a" * 100_000 + "!"))
    assert time.process_time() - started < 3
