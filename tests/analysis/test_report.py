"""Pages show what models and cells wrote; nothing of it may run or load anything."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from harness.analysis import report

HOSTILE = "</title><script>alert(1)</script><img src=//elsewhere onerror=alert(2)>"
SIDE = report.Side(title=HOSTILE, about=HOSTILE, outputs={})
PAGES = {
    "diff": report.diff_page(SIDE, SIDE, [], [], HOSTILE),
    "compare": report.compare_page([HOSTILE] * 2, [(HOSTILE, [(HOSTILE,) * 3] * 2, [HOSTILE])]),
}
STILL = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "span", "div"}
STILL |= {"table", "thead", "tbody", "tr", "td", "th", "details", "summary", "code", "pre", "small"}
STILL |= {"header", "section", "nav", "ul", "li", "b", "i", "em", "strong", "footer", "article"}


class Tags(HTMLParser):
    """The elements of a page, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("kind", PAGES)
def test_the_policy_of_a_page_comes_before_all_that_it_governs(kind: str) -> None:
    tags = Tags(PAGES[kind]).found
    policy = next(at for at, (_, attrs) in enumerate(tags) if "http-equiv" in attrs)
    assert [tag for tag, _ in tags[:policy]] == ["html", "head", "meta"]
    assert tags[policy - 1][1] == {"charset": "utf-8"}
    rules = dict(one.split(maxsplit=1) for one in str(tags[policy][1]["content"]).split("; "))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("style-src") == "'unsafe-inline'"
    assert rules.pop("img-src", "data:") == "data:"
    assert rules == {}


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_has_no_element_that_acts_or_loads(kind: str) -> None:
    tags = Tags(PAGES[kind]).found
    assert {tag for tag, _ in tags} <= STILL
    assert not [
        name for _, attrs in tags for name in attrs if name.startswith("on") or name == "src"
    ]
