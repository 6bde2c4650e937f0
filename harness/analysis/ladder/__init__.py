"""The ladder: what each level of telling and helping a model buys, over the same seeds and stages.

``samples`` makes one line of numbers of a run, ``rows`` adds them up by rung and stage, ``gains``
compares rungs by pairs of runs, ``told`` says it in words; ``plot`` and ``page`` show it.
"""

from harness.analysis.ladder.climb import Ladder, climb
from harness.analysis.ladder.samples import Sample, sample_of

__all__ = ["Ladder", "Sample", "climb", "sample_of"]
