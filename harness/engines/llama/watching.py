"""A watcher's side of the pipe: it is shown what was written, and its answers are sent back."""

from __future__ import annotations

from harness.engines.llama.messages import ReplyProgress, Verdict
from harness.ports import Watcher


class Watched:
    """One reply as its watcher sees it."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._text = ""
        self._backs = 0

    def outdated(self, report: ReplyProgress) -> bool:
        """Whether that was written before the reply was stepped back, and is gone."""
        return report.backs < self._backs

    def look(self, report: ReplyProgress) -> Verdict | None:
        """Ask the watcher, and say what it says; None where nothing is to be looked at."""
        kept = report.progress.kept
        self._text = self._text[:kept] + report.progress.text
        if report.look is None:
            return None
        for place, chars in enumerate(report.looks):
            back = self._watcher.look(self._text[:chars], ended=False)
            if back is not None:
                self._backs += 1
                return Verdict(request=report.request, look=report.look, place=place, back=back)
        back = self._watcher.look(self._text, ended=True) if report.ended else None
        self._backs += back is not None
        places = len(report.looks)
        return Verdict(request=report.request, look=report.look, place=places, back=back)
