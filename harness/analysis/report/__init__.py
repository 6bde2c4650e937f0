"""Records as pages that a browser opens by themselves: no request, and nothing that acts.

What generated code printed is shown as text and as still pictures; its HTML, JavaScript and SVG are
not. A content security policy in each page says the same to the browser. ``build`` makes the folder
of a whole report; ``diff_page`` and ``compare_page`` are single pages.
"""

from harness.analysis.report.outputs import Shown, outputs_of
from harness.analysis.report.pages import Side, compare_page, diff_page, paired

__all__ = ["Shown", "Side", "compare_page", "diff_page", "outputs_of", "paired"]
