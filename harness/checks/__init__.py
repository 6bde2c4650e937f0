"""Checks: acceptance tests of a stage's artifacts, run by the harness in a fresh sandbox.

Import ``run``, ``Evidence``, ``CheckEnvironment`` and ``AnyCheck`` from here. Each folder in here
is a kind of check: ``Options`` are the keys of its ``[[checks]]``, ``files`` says what its program
is given, ``program.py`` runs inside the sandbox, and ``judge`` makes results of what it wrote. The
program's word is never the verdict where it could be forged: labels of held-out rows stay outside.
The smallest kind to copy is ``table``; a copy with another ``kind`` is found by being there.
"""

from harness.checks.evidence import Evidence
from harness.checks.kinds import AnyCheck
from harness.checks.running import CheckEnvironment, run

__all__ = ["AnyCheck", "CheckEnvironment", "Evidence", "run"]
