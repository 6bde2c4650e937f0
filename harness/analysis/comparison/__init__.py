"""Models on the same work: what each came to, how far apart they are, and what only one can do.

``compared`` puts runs side by side, ``sides`` adds up those of one model, ``differences`` pairs
them, ``items`` finds what one model alone passes, ``rows`` is all of it flat.
"""

from harness.analysis.comparison.compared import Compared, Comparison, compare
from harness.analysis.comparison.rows import rows

__all__ = ["Compared", "Comparison", "compare", "rows"]
