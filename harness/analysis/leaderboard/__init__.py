"""The leaderboard: models ranked on the same work, from the runs of one machine or of several.

``entries`` makes a line of a run that can be shared, ``reading`` takes lines from projects and
result files, ``boards`` ranks, ``formats`` writes it down. The format is in docs/leaderboard.md.
"""

from harness.analysis.leaderboard.boards import Board, boards
from harness.analysis.leaderboard.entries import Entry, entry
from harness.analysis.leaderboard.reading import merged, read

__all__ = ["Board", "Entry", "boards", "entry", "merged", "read"]
