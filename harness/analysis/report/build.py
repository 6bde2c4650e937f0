"""A project's runs as one static folder of pages, built anew only where something changed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from harness.analysis.report import csvs, group_pages, main_pages, markdown, run_page
from harness.analysis.report.facts import Facts
from harness.analysis.report.folder import Folder, Written
from harness.analysis.report.groups import Group
from harness.analysis.report.told import Report, digest, made_by
from harness.errors import StoreError
from harness.notebooks import stored

MOST_PAGES = 1_000  # of runs, where nothing else is asked for


def as_markdown(report: Report, out: Path) -> Written:
    """One page in Markdown, its pictures and their numbers beside it. Raises StoreError."""
    written = Folder(out, "markdown")
    written.put("report.md", report.state, lambda: _encoded(markdown.page(report)))
    written.put("report.csv", report.state, lambda: csvs.groups(report.groups))
    written.put_all("pictures", report.state, lambda: csvs.of_pictures(report.pictures))
    return written.finish()


def as_pages(
    report: Report, out: Path, named: Collection[str] = (), most: int = MOST_PAGES
) -> Written:
    """The folder of pages. Runs have one if they are ``named`` or among the ``most`` newest.

    Pages that were asked for by name before stay. Raises StoreError, HarnessError.
    """
    written = Folder(out, "html")
    asked = {
        one.page for one in report.facts if one.page in written.asked or one.key.run_id in named
    }
    written.remember(asked)
    there = frozenset(asked | {one.page for one in report.facts[:most]})
    for group in report.groups:
        group_pages.put(written, report, group, there)
        for one in group.runs:
            if one.page in there:
                _put_run(written, report, group, one)
    main_pages.put(written, report, there)
    return written.finish()


def _put_run(written: Folder, report: Report, group: Group, one: Facts) -> None:
    key, path = one.key, report.store.folder(one.key)
    about = {"title": group.title, "page": group.page}
    stale = report.stale(one)
    seen = [_seen(path / name) for name in stored.FILES.values()]
    made_of = digest([made_by(), one.sha256, str(seen), *stale, *about.values()])

    def make() -> bytes:
        run = report.store.run(key)
        if run is None:
            raise StoreError(f"{path} went while it was read", "Give the command again")
        return _encoded(run_page.page(report.store, key, run, about, stale))

    written.put(one.page, made_of, make)


def _seen(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")
