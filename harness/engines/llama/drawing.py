"""Drawing a reply's next token: scores are bent where something is rejected, and read as they were.

How likely a token was, and how much was forbidden, is told of the scores as the model gave them, at
temperature 1 and whatever the sampling leaves out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.engines.llama.bindings import LlamaContext, Vocabulary
from harness.engines.llama.sequences import Sequence
from harness.engines.llama.ways import Bent

NOTHING_LEFT = "nothing was left to be written at character"


def draw(sequence: Sequence, context: LlamaContext, row: int, vocabulary: Vocabulary) -> int | None:
    """Add the token after a row of the last batch to a reply; None where all are impossible.

    The reply ends then.
    """
    place, reply = sequence.written, sequence.tokens[sequence.prompt :]
    bent = sequence.ways.bend(reply, sequence.pieces, vocabulary)
    scored = bent is not None or sequence.request.scored
    scores = context.scores(row) if scored else None
    total = _total(scores) if scores is not None else 0.0
    if bent is not None and scores is not None:
        sequence.bent[place] = bend(scores, bent, total)
        if not np.isfinite(scores.max()):
            sequence.finish = "stop"
            sequence.notes += (f"{NOTHING_LEFT} {len(sequence.text)}",)
            return None
    token = sequence.draws.draw(context, row, reply, sequence.ways.standing(place))
    likelihood = None
    if scores is not None:
        lost = bent.losses.get(token, 0.0) if bent is not None else 0.0
        likelihood = float(scores[token]) + lost - total
    sequence.add(token, vocabulary, likelihood)
    return token


def bend(scores: npt.NDArray[np.float32], bent: Bent, total: float) -> float:
    """Bend scores in place; the probability that was taken away. ``total``: see ``_total``."""
    taken = 0.0
    for token, lost in bent.losses.items():
        taken += float(np.exp(scores[token] - total)) * -float(np.expm1(-lost))
        scores[token] -= lost
    for tokens in bent.impossible:
        taken += float(np.exp(scores[tokens].astype(np.float64) - total).sum())
        scores[tokens] = -np.inf
    return min(taken, 1.0)


def _total(scores: npt.NDArray[np.float32]) -> float:
    """The logarithm of the sum of the exponentials."""
    most = scores.max()
    return float(most) + float(np.log(np.exp(scores - most).sum(dtype=np.float64)))
