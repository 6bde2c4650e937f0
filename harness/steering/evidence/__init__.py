"""What a repair tells a model of its cell: facts, each found by a small module of its own.

Import ``gather`` and ``Failure`` from here. Any module beside ``failure.py`` and ``gathering.py``
is found by being there. It has ``NAME``, by which ``repair.md.j2`` finds its words, and ``find``,
which yields facts. The first line of a fact says what it is of, each other line is an item.
Programs that look into the kernel are in ``programs/``; what they answer is data. The smallest to
copy is ``files.py``.
"""

from harness.steering.evidence.failure import Ask, Failure
from harness.steering.evidence.gathering import gather

__all__ = ["Ask", "Failure", "gather"]
