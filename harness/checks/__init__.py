"""Checks: acceptance tests of a stage's artifacts, run by the harness in a fresh sandbox.

Import ``run``, ``Evidence``, ``CheckEnvironment``, ``JUDGING`` and ``AnyCheck`` from here. Each
folder in here is a kind of check: ``Options`` are the keys of its ``[[checks]]``, ``files`` says
what its program is given, ``program.py`` answers questions inside the sandbox, and ``judge`` asks
them out here and makes results of the answers. An answer is data and never a verdict: it is read
strictly, nothing that the program leaves on disk is read at all, and labels of held-out rows stay
outside. The smallest kind to copy is ``python``; a copy with another ``kind`` is found by being
there.
"""

from harness.checks.evidence import Evidence
from harness.checks.kinds import AnyCheck
from harness.checks.running import JUDGING, CheckEnvironment, run

__all__ = ["JUDGING", "AnyCheck", "CheckEnvironment", "Evidence", "run"]
